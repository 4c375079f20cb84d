"""The one table of who may do what. What it does not name is refused."""

import enum
from collections.abc import Mapping
from types import MappingProxyType

from core.caller import Caller, Role
from core.errors import Forbidden
from core.text import Text


class Action(enum.StrEnum):
    """What a request wants to do. Every route names one."""

    SEE_SELF = "see_self"
    SEE_NOTIFICATIONS = "see_notifications"
    SEE_ORGANISATION = "see_organisation"
    CHANGE_ORGANISATION = "change_organisation"
    SEE_PEOPLE = "see_people"
    CHANGE_PEOPLE = "change_people"
    MANAGE_API_KEYS = "manage_api_keys"
    SEE_STANDARDS = "see_standards"
    CHANGE_CHECKLISTS = "change_checklists"
    SEE_VISITS = "see_visits"
    DO_VISITS = "do_visits"
    UPLOAD = "upload"
    SEE_ISSUES = "see_issues"
    SEE_TASKS = "see_tasks"
    WORK_ON_TASKS = "work_on_tasks"
    DECIDE_FIXES = "decide_fixes"
    SEE_REPORTS = "see_reports"
    SEE_CAMPAIGNS = "see_campaigns"
    CHANGE_CAMPAIGNS = "change_campaigns"
    SEE_JOBS = "see_jobs"
    RERUN_JOBS = "rerun_jobs"
    SEE_PRICES = "see_prices"
    SEE_DOUBTS = "see_doubts"
    CHANGE_EVIDENCE = "change_evidence"
    CHANGE_PRICES = "change_prices"
    REVIEW = "review"
    CORRECT_NOTES = "correct_notes"
    SEE_MODEL_FIGURES = "see_model_figures"
    CHANGE_REVIEW_POLICY = "change_review_policy"
    EXPORT_CORRECTIONS = "export_corrections"
    CHANGE_VOICE_SETTINGS = "change_voice_settings"
    SEE_VOCABULARY = "see_vocabulary"
    CHANGE_VOCABULARY = "change_vocabulary"


_EVERYONE = frozenset(Role)
_FIELD = frozenset({Role.SUPERVISOR, Role.STORE_MANAGER, Role.REGIONAL_MANAGER, Role.HQ})
_ADMIN = frozenset({Role.ADMIN})

PERMISSIONS: Mapping[Action, frozenset[Role]] = MappingProxyType(
    {
        Action.SEE_SELF: _EVERYONE,
        Action.SEE_NOTIFICATIONS: _EVERYONE,
        Action.SEE_ORGANISATION: _EVERYONE,
        Action.CHANGE_ORGANISATION: _ADMIN,
        Action.SEE_PEOPLE: frozenset({Role.REGIONAL_MANAGER, Role.HQ, Role.ADMIN, Role.INTEGRATION}),
        Action.CHANGE_PEOPLE: _ADMIN,
        Action.MANAGE_API_KEYS: _ADMIN,
        Action.SEE_STANDARDS: _EVERYONE,
        Action.CHANGE_CHECKLISTS: frozenset({Role.HQ, Role.ADMIN}),
        Action.SEE_VISITS: _EVERYONE,
        Action.DO_VISITS: frozenset({Role.SUPERVISOR, Role.REGIONAL_MANAGER, Role.HQ}),
        Action.UPLOAD: _FIELD,
        Action.SEE_ISSUES: _EVERYONE,
        Action.SEE_TASKS: _EVERYONE,
        Action.WORK_ON_TASKS: _FIELD,
        Action.DECIDE_FIXES: frozenset({Role.REGIONAL_MANAGER, Role.HQ}),
        Action.SEE_REPORTS: _EVERYONE,
        Action.SEE_CAMPAIGNS: _EVERYONE,
        Action.CHANGE_CAMPAIGNS: frozenset({Role.HQ, Role.ADMIN}),
        Action.SEE_JOBS: frozenset({Role.HQ, Role.ADMIN}),
        Action.RERUN_JOBS: _ADMIN,
        Action.SEE_PRICES: _EVERYONE,
        Action.SEE_DOUBTS: frozenset({Role.REGIONAL_MANAGER, Role.HQ, Role.ADMIN}),
        Action.CHANGE_EVIDENCE: frozenset({Role.HQ, Role.ADMIN}),
        Action.CHANGE_PRICES: frozenset({Role.HQ, Role.ADMIN, Role.INTEGRATION}),
        Action.REVIEW: frozenset({Role.SUPERVISOR, Role.REGIONAL_MANAGER, Role.HQ}),
        Action.CORRECT_NOTES: frozenset({Role.SUPERVISOR, Role.REGIONAL_MANAGER, Role.HQ}),
        Action.SEE_MODEL_FIGURES: frozenset({Role.HQ, Role.ADMIN}),
        Action.CHANGE_REVIEW_POLICY: frozenset({Role.HQ, Role.ADMIN}),
        Action.EXPORT_CORRECTIONS: frozenset({Role.HQ, Role.ADMIN}),
        Action.CHANGE_VOICE_SETTINGS: frozenset({Role.HQ, Role.ADMIN}),
        Action.SEE_VOCABULARY: frozenset({Role.HQ, Role.ADMIN}),
        Action.CHANGE_VOCABULARY: frozenset({Role.HQ, Role.ADMIN}),
    }
)


def allowed(caller: Caller, action: Action, path: str | None = None) -> bool:
    """Tell whether the caller may do `action`: at the node of `path`, or, when None, anywhere at all."""
    if caller.actor.kind == "system":
        return True
    roles = PERMISSIONS.get(action, frozenset())
    held = frozenset(grant.role for grant in caller.grants) if path is None else caller.roles_over(path)
    return not roles.isdisjoint(held)


def require(caller: Caller, action: Action, path: str | None = None) -> None:
    """Return when the caller may do `action` at the node of `path` (None: anywhere at all).

    Raises:
        Forbidden: no role of the caller's allows it there.

    """
    if not allowed(caller, action, path):
        raise Forbidden(
            "access.forbidden",
            Text("您的角色无权执行此操作", "Your role does not allow this here"),
            action=action.value,
        )
