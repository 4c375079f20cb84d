"""What every part stands on: settings, database, events and jobs, storage, organisation, clock, errors, log."""
