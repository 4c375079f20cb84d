"""Every module that holds tables, in one place, for migrations and tests."""

from checklists import model as checklists
from core import events, jobs, org
from core.db import Base
from workflows.campaigns import model as campaigns
from workflows.escalation import model as escalation
from workflows.evidence import model as evidence
from workflows.issues import model as issues
from workflows.notes import model as notes
from workflows.notify import model as notify
from workflows.prices import model as prices
from workflows.privacy import model as privacy
from workflows.review import model as review
from workflows.tasks import model as tasks
from workflows.uploads import model as uploads
from workflows.verification import model as verification
from workflows.visits import model as visits
from workflows.vocabulary import model as vocabulary

MODULES = (
    org,
    events,
    jobs,
    checklists,
    visits,
    notes,
    issues,
    tasks,
    escalation,
    verification,
    notify,
    uploads,
    review,
    campaigns,
    prices,
    evidence,
    privacy,
    vocabulary,
)
"""Importing a module adds its tables to the metadata."""

metadata = Base.metadata
