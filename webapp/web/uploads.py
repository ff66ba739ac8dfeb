"""A file that a form sends: written to the disk as it comes, and never in memory as a whole."""

import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from litestar import Request
from msgspec import Struct
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from webapp.web.forms import WrongTypeError
from webapp.web.refusals import InvalidError, TooLargeError

FORM_BYTES: Final = 10_000  # what stands around the file
_BOUNDARY: Final = re.compile(r'multipart/form-data\s*;\s*boundary="?([^";]{1,200})"?\s*', re.IGNORECASE)


class Upload(Struct, frozen=True):
    """A file on the disk, which belongs to whoever has this, and the name that it had."""

    path: Path
    name: str
    size: int

    def delete(self) -> None:
        with suppress(FileNotFoundError):
            self.path.unlink()


async def receive_file(request: Request[Any, Any, Any], field: str, *, limit: int) -> Upload:
    """The file in that field of the form. What else the form has is passed over.

    Raises WrongTypeError for another kind of form, TooLargeError above `limit` bytes, without reading on, and
    InvalidError where there is no file or the form breaks off. Nothing is left on the disk then.
    """
    boundary = _BOUNDARY.fullmatch(request.headers.get("content-type", ""))
    if boundary is None:
        raise WrongTypeError("A file is sent by a form, as multipart/form-data.")
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > limit + FORM_BYTES:
        raise _too_large(limit)
    with tempfile.NamedTemporaryFile(prefix="upload-", delete=False) as target:
        upload = Upload(Path(target.name), "", 0)
        try:
            name, size = await _write(request, boundary[1], field, target, limit)
        except MultipartError:
            upload.delete()
            raise InvalidError("The file did not come as a whole. Send it again.") from None
        except BaseException:
            upload.delete()
            raise
    if not size:
        upload.delete()
        raise InvalidError("There is no file in the form, or nothing in the file. Choose one, then send.")
    return Upload(upload.path, name, size)


async def _write(
    request: Request[Any, Any, Any], boundary: str, field: str, target: Any, limit: int
) -> tuple[str, int]:
    """Writes the file to `target`; returns its name, and how many bytes it has."""
    name, size, is_wanted = "", 0, False
    with PushMultipartParser(boundary, max_segment_count=10) as parser:
        async for chunk in request.stream():
            for event in parser.parse(chunk) if chunk and not parser.closed else ():
                if isinstance(event, MultipartSegment):
                    is_wanted = event.name == field and not size
                    name = (event.filename or "") if is_wanted else name
                elif event and is_wanted:
                    size += len(event)
                    if size > limit:
                        raise _too_large(limit)
                    target.write(event)
    return name, size


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"The file is too large: at most {limit / 1_000_000:g} MB are taken.")
