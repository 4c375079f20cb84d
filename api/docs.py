"""The API's documentation: /api/openapi.json, and /api/docs, which needs nothing from outside.

Litestar's own Swagger page carries its script inside the page, which our content security policy forbids; so this one
is a page and a script of ours, with Swagger UI's files as the client build puts them beside the client.
"""

from typing import Any, cast

from litestar import MediaType, Request, Router
from litestar._openapi.plugin import handle_schema_path_not_found
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from api.guard import PUBLIC

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Storepatrol API</title>
<link rel="stylesheet" href="/docs-assets/swagger-ui.css">
</head>
<body>
<div id="docs"><p>Loading. If this stays, the client was not built; the description itself is at
<a href="/api/openapi.json">/api/openapi.json</a>.</p></div>
<script src="/docs-assets/swagger-ui-bundle.js"></script>
<script src="/api/docs.js"></script>
</body>
</html>
"""

_SCRIPT = """SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
});
"""


class _Routes(Router):
    """Takes the routes Litestar makes for the plugins, but not its HTML page for unknown paths: ours are problems."""

    def register(self, value: Any) -> Any:
        """Add a route."""
        made_by_litestar = getattr(value, "fn", None) is handle_schema_path_not_found
        return [] if made_by_litestar else super().register(value)


class _Page(OpenAPIRenderPlugin):
    """The page, and nothing inlined."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        """Return the page."""
        return _PAGE.encode()


class _Script(OpenAPIRenderPlugin):
    """The few lines that start Swagger UI."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        """Return the script."""
        return _SCRIPT.encode()


def openapi_config() -> OpenAPIConfig:
    """Return the configuration of the description and its page."""
    return OpenAPIConfig(
        title="Storepatrol",
        version="1",
        use_handler_docstrings=True,
        description="Store inspection that closes the loop. Every error is `application/problem+json` with a stable "
        "`code`; every list is paged by `limit` and `cursor`; every change names the `version` it is based on.",
        openapi_router=_Routes("/api", route_handlers=[], include_in_schema=False, opt=dict(PUBLIC)),
        render_plugins=[
            _Page(path="/docs", media_type=MediaType.HTML),
            _Script(path="/docs.js", media_type=cast("MediaType", "text/javascript")),
            JsonRenderPlugin(path="/openapi.json"),
        ],
        components=Components(
            security_schemes={
                "access_token": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
                "api_key": SecurityScheme(type="apiKey", name="X-Api-Key", security_scheme_in="header"),
            }
        ),
        security=[{"access_token": []}, {"api_key": []}],
    )
