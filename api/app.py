"""The HTTP application: routers, guard, problems, envelope. Nothing is read from the environment here."""

from pathlib import Path

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide

from api import (
    api_keys,
    campaigns,
    client_files,
    evidence,
    health,
    jobs,
    live,
    me,
    media,
    notes,
    org,
    people,
    prices,
    reports,
    review,
    session,
    standards,
    tasks,
    uploads,
    visits,
    vocabulary,
    voice_settings,
)
from api.client_files import CLIENT, ClientFiles
from api.docs import openapi_config
from api.guard import authorise, provide_caller
from api.inject import page_request
from api.live import LiveHub
from api.problems import to_problem
from api.trace import TracedLitestar
from core.access.throttle import Throttle
from core.access.tokens import AccessTokens
from core.parts import Parts
from workflows.vocabulary.current import VocabularyShelf

LARGEST_BODY = 1024 * 1024
"""Bytes; a route that takes more says so by `request_max_body_size=`."""

# Under /api/v1. A module of routes ends with `router = Router("/visits", route_handlers=[…])`; list it here.
API = (
    session.router,
    me.router,
    org.router,
    people.router,
    api_keys.router,
    uploads.router,
    standards.router,
    visits.router,
    visits.media_router,
    notes.router,
    live.router,
    tasks.issues_router,
    tasks.tasks_router,
    tasks.notifications_router,
    campaigns.campaigns_router,
    campaigns.material_router,
    reports.router,
    prices.router,
    evidence.router,
    review.router,
    voice_settings.router,
    vocabulary.router,
    jobs.router,
)

# At the root.
ROOT = (
    health.router,
    media.router,
    client_files.router,
)


def create_app(parts: Parts, client: Path = CLIENT) -> Litestar:
    """Return the application that serves `parts`, and the built client in the folder `client`."""
    settings = parts.settings
    state = State(
        {
            "parts": parts,
            "access_tokens": AccessTokens(settings.secret_key, settings.access_token_lives),
            "throttle": Throttle(),
            "client_files": ClientFiles(client),
            "live_hub": LiveHub(parts),
            "vocabularies": VocabularyShelf(),
        }
    )
    return TracedLitestar(
        route_handlers=[Router("/api/v1", route_handlers=API), *ROOT],
        state=state,
        guards=[authorise],
        dependencies={
            "parts": Provide(lambda: parts, sync_to_thread=False),
            "caller": Provide(provide_caller, sync_to_thread=False),
            "page": Provide(page_request, sync_to_thread=False),
        },
        exception_handlers={Exception: to_problem},
        openapi_config=openapi_config(),
        request_max_body_size=LARGEST_BODY,
        logging_config=None,  # core.log does it
    )
