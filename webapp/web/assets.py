"""Styles, scripts and icons: read once at the start, served from memory under names that change with their content.

A handful of files instead of dozens: the style sheets make one, htmx and its extension one, our scripts one. There is
no build step: files are joined as they are.
"""

import gzip
import hashlib
from pathlib import Path
from typing import Final

from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct

HTMX_FILES: Final = ("dist/htmx.min.js", "dist/ext/hx-sse.min.js")
MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


class MissingAssetError(RuntimeError):
    """A file that the pages need is not there. The text is one line for the operator."""


class Asset(Struct, frozen=True):
    name: str
    body: bytes
    gzipped: bytes
    media_type: str


class Assets:
    """Finds assets by their plain name (`app.css`) for links, and by their hashed one for serving."""

    def __init__(self, static: Path, htmx: Path) -> None:
        """`static` holds our files, `htmx` the installed package. Raises MissingAssetError."""
        plain = {
            "app.css": _joined(sorted((static / "css").glob("*.css"))),
            "htmx.js": _joined([htmx / name for name in HTMX_FILES]),
            "app.js": _joined(sorted((static / "js").glob("*.js")), "{\n%s\n}\n"),
            **{path.name: path.read_bytes() for path in static.iterdir() if path.suffix in (".svg", ".webmanifest")},
        }
        self._by_plain_name = {name: _asset(name, body) for name, body in plain.items()}
        self._by_name = {asset.name: asset for asset in self._by_plain_name.values()}

    def url(self, plain_name: str) -> str:
        """The address of an asset, for a template. KeyError for one that there is not."""
        return f"/assets/{self._by_plain_name[plain_name].name}"

    def find(self, name: str) -> Asset | None:
        return self._by_name.get(name)


def _joined(paths: list[Path], wrapper: str = "%s\n") -> bytes:
    """The files in one. `wrapper` keeps a script's names to itself: a block is a scope."""
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise MissingAssetError(f"{missing[0]} is not there; `npm ci` installs htmx, and bin/run does it by itself.")
    return "".join(wrapper % path.read_text("utf-8") for path in paths).encode()


def _asset(plain_name: str, body: bytes) -> Asset:
    stem, dot, suffix = plain_name.rpartition(".")
    digest = hashlib.sha256(body).hexdigest()[:12]
    media_type = MEDIA_TYPES[dot + suffix]
    return Asset(f"{stem}-{digest}.{suffix}", body, gzip.compress(body, 9, mtime=0), media_type)


def assets_router(assets: Assets) -> Router:
    @get("/{name:str}", name="asset", include_in_schema=False)
    async def show_asset(request: Request[object, object, object], name: FromPath[str]) -> Response[bytes]:  # type: ignore[type-var]
        asset = assets.find(name)
        if asset is None:
            raise NotFoundException
        zipped = "gzip" in request.headers.get("accept-encoding", "")
        headers = {
            "cache-control": "public, max-age=31536000, immutable",
            "vary": "accept-encoding",
            "content-type": asset.media_type,
            **({"content-encoding": "gzip"} if zipped else {}),
        }
        return Response(asset.gzipped if zipped else asset.body, headers=headers, media_type=asset.media_type)

    return Router("/assets", route_handlers=[show_asset])
