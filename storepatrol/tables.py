"""Every module that holds tables, in one place, for migrations and tests."""

import checklists.model
import core.events
import core.jobs
import core.org
import workflows.escalation.model
import workflows.issues.model
import workflows.notify.model
import workflows.tasks.model
import workflows.uploads.model
import workflows.verification.model
import workflows.visits.model  # noqa: F401 - importing a module adds its tables to the metadata
from core.db import Base

metadata = Base.metadata
