"""A file that a form sends: written to the disk as it comes, and never in memory as a whole."""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any, ClassVar, Final

from litestar import Request
from msgspec import Struct
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from webapp.web.forms import WrongTypeError
from webapp.web.refusals import InvalidError, RefusalError, TooLargeError

FORM_BYTES: Final = 10_000  # what stands around the file
SPAN: Final = 20.0  # seconds in which
SPAN_BYTES: Final = 80_000  # so many bytes have to come, or the rest isn't waited for
_BOUNDARY: Final = re.compile(r'multipart/form-data\s*;\s*boundary="?([^";]{1,200})"?\s*', re.IGNORECASE)


class Upload(Struct, frozen=True):
    """A file on the disk, which belongs to whoever has this, and the name that it had."""

    path: Path
    name: str
    size: int

    def delete(self) -> None:
        with suppress(FileNotFoundError):
            self.path.unlink()


class TooSlowError(RefusalError):
    """Whoever sends has stopped, or almost."""

    status: ClassVar[int] = 408
    code: ClassVar[str] = "too_slow"


async def _passed(size: int) -> None:
    """Nobody else has a say."""


async def receive_file(
    request: Request[Any, Any, Any], field: str, *, limit: int, watch: Callable[[int], Awaitable[None]] = _passed
) -> Upload:
    """The file in that field of the form. What else the form has is passed over.

    `watch` is given the size that is announced, before anything is read, and then how much has come, each time there is
    more; what it raises ends the upload. Raises WrongTypeError for another kind of form, TooLargeError above `limit`
    bytes, without reading on, TooSlowError where too little comes, and InvalidError where there is no file or the form
    breaks off. Nothing is left on the disk then.
    """
    boundary = _BOUNDARY.fullmatch(request.headers.get("content-type", ""))
    if boundary is None:
        raise WrongTypeError("A file is sent by a form, as multipart/form-data.")
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > limit + FORM_BYTES:
        raise _too_large(limit)
    await watch(max(0, int(announced) - FORM_BYTES) if announced.isdigit() else 0)
    with tempfile.NamedTemporaryFile(prefix="upload-", delete=False) as target:
        upload = Upload(Path(target.name), "", 0)
        try:
            name, size = await _write(request, boundary[1], field, target, limit, watch)
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
    request: Request[Any, Any, Any],
    boundary: str,
    field: str,
    target: Any,
    limit: int,
    watch: Callable[[int], Awaitable[None]],
) -> tuple[str, int]:
    """Writes the file to `target`; returns its name, and how many bytes it has."""
    name, size, is_wanted = "", 0, False
    with PushMultipartParser(boundary, max_segment_count=10) as parser:
        async for chunk in steady(request.stream()):
            await watch(size)
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


async def steady(chunks: AsyncIterator[bytes], clock: Callable[[], float] = monotonic) -> AsyncIterator[bytes]:
    """The chunks of a body. Raises TooSlowError where less than SPAN_BYTES come in a SPAN, or nothing at all."""
    began, count = clock(), 0
    while True:
        try:
            async with asyncio.timeout(SPAN):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise TooSlowError(_TOO_SLOW) from None
        count += len(chunk)
        if clock() - began > SPAN:
            if count < SPAN_BYTES:
                raise TooSlowError(_TOO_SLOW)
            began, count = clock(), 0
        yield chunk


_TOO_SLOW: Final = (
    "The file comes too slowly: the rest wasn't waited for. Send it again where the connection is better."
)


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"The file is too large: at most {limit / 1_000_000:g} MB are taken.")
