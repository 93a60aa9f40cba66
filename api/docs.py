"""The page at /docs: Swagger UI, all of it served from here, so that it works on a machine without a network.

FastAPI's own page loads it from a content delivery network. The files are those that `fastapi-offline` brings; its app
is not used, as it wants an OAuth2 redirect that there is no need for here.
"""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import Response

__all__ = ["PATHS", "router"]

_PAGE = "/docs"
_SCRIPT = f"{_PAGE}/swagger-ui-bundle.js"
_STYLE = f"{_PAGE}/swagger-ui.css"

PATHS = frozenset({_PAGE, _SCRIPT, _STYLE})
"""Where the page and its parts are."""

router = APIRouter(include_in_schema=False)


@router.get(_PAGE)
async def page(request: Request) -> Response:
    """The page, which reads /openapi.json."""
    root = request.scope.get("root_path", "").rstrip("/")
    return get_swagger_ui_html(
        title="graphmem",
        openapi_url=f"{root}/openapi.json",
        swagger_js_url=f"{root}{_SCRIPT}",
        swagger_css_url=f"{root}{_STYLE}",
        swagger_favicon_url="data:,",
        # Without this it would tell a service on the web where the document is, for a badge.
        swagger_ui_parameters={"validatorUrl": None},
    )


@router.get(_SCRIPT)
def script() -> Response:
    """Swagger UI."""
    return _file("swagger-ui-bundle.js", "text/javascript")


@router.get(_STYLE)
def style() -> Response:
    """How it looks."""
    return _file("swagger-ui.css", "text/css")


def _file(name: str, media_type: str) -> Response:
    content = files("fastapi_offline").joinpath("static", name).read_bytes()
    return Response(content, media_type=media_type, headers={"Cache-Control": "max-age=3600"})
