"""The page in which a diagram is drawn: a frame without an origin, from which nothing can reach anything.

Mermaid reads what a model wrote, and it is large. Whatever a diagram makes it do, it does where there are no cookies,
no page of ours and no network.
"""

import secrets
from typing import Final

from litestar import MediaType, Response, Router, route
from msgspec import Struct

from webapp.web.assets import Assets
from webapp.web.responses import READ
from webapp.web.templating import Templates

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'nonce-{nonce}'",
        "style-src 'unsafe-inline'",  # a diagram brings a style sheet of its own
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "sandbox allow-scripts",
    )
)


class DiagramFrame(Struct, frozen=True):
    nonce: str
    mermaid_url: str


def diagrams_router(assets: Assets, templates: Templates) -> Router:
    @route("/", http_method=READ, media_type=MediaType.HTML, include_in_schema=False, sync_to_thread=True)
    def show_frame() -> Response[str]:
        """In a thread: the first one reads Mermaid."""
        nonce = secrets.token_urlsafe(16)
        page = templates.render("diagrams/frame.html", DiagramFrame(nonce, assets.mermaid_url()))
        return Response(
            page, headers={"content-security-policy": POLICY.format(nonce=nonce), "cache-control": "no-store"}
        )

    return Router("/diagram", route_handlers=[show_frame], opt={"public": True})
