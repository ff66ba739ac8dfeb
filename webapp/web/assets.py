"""Styles, scripts and icons: read once at the start, served from memory under names that change with their content.

A handful of files instead of dozens: the style sheets of conversations make one, those of all other pages another, htmx
and its extension one, our scripts one; what few pages need stands apart. There is no build step: files are joined as
they are, but for comments and indents. Mermaid, as large as all else ten times over, is read when somebody asks.
"""

import gzip
import hashlib
import re
from functools import cached_property
from pathlib import Path
from typing import Final

from litestar import Request, Response, Router, route
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from webapp.web.responses import READ

HTMX_FILES: Final = tuple(f"htmx.org/dist/{name}" for name in ("htmx.min.js", "ext/hx-sse.min.js"))
MERMAID_FILE: Final = "@mermaid-js/tiny/dist/mermaid.tiny.js"
MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


ALONE: Final = "default-src 'none'; sandbox"  # an asset that is opened as a page of its own does nothing


class MissingAssetError(RuntimeError):
    """A file that the pages need is not there. The text is one line for the operator."""


class Asset(Struct, frozen=True):
    name: str
    body: bytes
    gzipped: bytes
    media_type: str
    for_frames: bool = False  # to be loaded by a frame without an origin, to which every other one is foreign


class Assets:
    """Finds assets by their plain name (`app.css`) for links, and by their hashed one for serving."""

    def __init__(self, static: Path, packages: Path) -> None:
        """`static` holds our files, `packages` what npm installed. Raises MissingAssetError."""
        self._mermaid_path = _existing([packages / MERMAID_FILE])[0]
        plain = {
            "app.css": _styles(static / "css"),
            "pages.css": _styles(static / "css" / "pages"),
            "htmx.js": _joined([packages / name for name in HTMX_FILES], "%s\n") + _scripts(static / "htmx"),
            "app.js": _scripts(static / "js"),
            **{path.name: path.read_bytes() for path in static.iterdir() if path.suffix in (".svg", ".webmanifest")},
        }
        apart = {path.name: _joined([path], "%s\n", _JS_COMMENT) for path in (static / "apart").glob("*.js")}
        frames = {path.name: path.read_bytes() for path in (static / "frames").glob("*.js")}
        self._by_plain_name = {name: _asset(name, body) for name, body in (plain | apart).items()}
        self._by_plain_name |= {name: _asset(name, body, for_frames=True) for name, body in frames.items()}
        self._by_name = {asset.name: asset for asset in self._by_plain_name.values()}

    def url(self, plain_name: str) -> str:
        """The address of an asset, for a template. KeyError for one that there is not."""
        return f"/assets/{self._by_plain_name[plain_name].name}"

    def text(self, plain_name: str) -> str:
        """What is in an asset, for a document that is to stand alone."""
        return self._by_plain_name[plain_name].body.decode()

    def mermaid_url(self) -> str:
        """The address of Mermaid. Reads and zips it at the first call, which takes some tenths of a second."""
        return f"/assets/{self._mermaid.name}"

    def find(self, name: str) -> Asset | None:
        if name.startswith("mermaid-") and name == self._mermaid.name:
            return self._mermaid
        return self._by_name.get(name)

    @cached_property
    def _mermaid(self) -> Asset:
        return _asset("mermaid.js", self._mermaid_path.read_bytes(), for_frames=True, level=6)


def missing_files(packages: Path) -> list[Path]:
    """What pages need of `packages`, the folder of npm, and is not there."""
    return _missing([packages / name for name in (*HTMX_FILES, MERMAID_FILE)])


def _existing(paths: list[Path]) -> list[Path]:
    if missing := _missing(paths):
        raise MissingAssetError(
            f"{missing[0]} is not there; `npm ci` installs it, bin/assets also where npm is missing."
        )
    return paths


def _missing(paths: list[Path]) -> list[Path]:
    return [path for path in paths if not path.is_file()]


# A third of what our files weigh when zipped. Comments of scripts begin with two slashes and a space, on lines of their
# own or at the ends of others; no string in them has that, or goes over several lines.
_CSS_COMMENT = re.compile(r"/\*.*?\*/\s*|^[ \t]+|^\n", re.DOTALL | re.MULTILINE)
_JS_COMMENT = re.compile(r"^[ \t]*//[^\n]*\n|[ \t]+// [^\n]*|^[ \t]+|^\n", re.MULTILINE)


def _styles(folder: Path) -> bytes:
    return _joined(sorted(folder.glob("*.css")), "%s\n", _CSS_COMMENT)


def _scripts(folder: Path) -> bytes:
    return _joined(sorted(folder.glob("*.js")), "{\n%s\n}\n", _JS_COMMENT)


def _joined(paths: list[Path], wrapper: str, left_out: re.Pattern[str] | None = None) -> bytes:
    """The files in one. `wrapper` keeps a script's names to itself: a block is a scope."""
    texts = (path.read_text("utf-8") for path in _existing(paths))
    return "".join(wrapper % (left_out.sub("", text) if left_out else text) for text in texts).encode()


def _asset(plain_name: str, body: bytes, *, for_frames: bool = False, level: int = 9) -> Asset:
    stem, dot, suffix = plain_name.rpartition(".")
    digest = hashlib.sha256(body).hexdigest()[:12]
    media_type = MEDIA_TYPES[dot + suffix]
    return Asset(f"{stem}-{digest}.{suffix}", body, gzip.compress(body, level, mtime=0), media_type, for_frames)


def assets_router(assets: Assets) -> Router:
    @route("/{name:str}", http_method=READ, name="asset", include_in_schema=False)
    async def show_asset(
        request: Request[object, object, object],  # type: ignore[type-var]  # nothing of it is looked at but headers
        name: FromPath[str],
    ) -> Response[bytes]:
        asset = assets.find(name)
        if asset is None:
            raise NotFoundException
        zipped = "gzip" in request.headers.get("accept-encoding", "")
        headers = {
            "cache-control": "public, max-age=31536000, immutable",
            "vary": "accept-encoding",
            "content-type": asset.media_type,
            "content-security-policy": ALONE,
            **({"content-encoding": "gzip"} if zipped else {}),
            **({"cross-origin-resource-policy": "cross-origin"} if asset.for_frames else {}),
        }
        return Response(asset.gzipped if zipped else asset.body, headers=headers, media_type=asset.media_type)

    return Router("/assets", route_handlers=[show_asset], opt={"public": True})
