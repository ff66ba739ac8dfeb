"""Forms as browsers send them, read strictly into a struct."""

from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar import Request

from webapp.web.refusals import InvalidError, RefusalError, TooLargeError

Form = TypeVar("Form", bound=msgspec.Struct)

MAX_FIELDS: Final = 50


class WrongTypeError(RefusalError):
    status = 415
    code = "wrong_content_type"


async def read_form(request: Request[Any, Any, Any], form: type[Form], *, limit: int) -> Form:
    """The request's form as a `form`; fields that it does not have are left out, line ends are newlines.

    Raises WrongTypeError for another content type, TooLargeError above `limit` bytes, and InvalidError for text that
    is not UTF-8 or fields that do not fit.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise WrongTypeError("A form is sent as application/x-www-form-urlencoded.")
    body = await read_body(request, limit)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
        values = {name: value.replace("\r\n", "\n") for name, value in pairs}
        return msgspec.convert(values, form, strict=False)
    except UnicodeError:
        raise InvalidError("The text is not valid UTF-8.") from None
    except (ValueError, msgspec.ValidationError) as error:
        raise InvalidError(f"The form does not fit: {error}.") from None


async def read_body(request: Request[Any, Any, Any], limit: int) -> bytes:
    """The request's body. Raises TooLargeError as soon as it is over `limit` bytes, without reading on."""
    announced = request.headers.get("content-length", "0")
    parts, size = [], int(announced) if announced.isdigit() else 0
    if size <= limit:
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > limit:
                break
            parts.append(part)
    if size > limit:
        raise TooLargeError(f"That is more than this server takes at once: at most {limit // 1000} kB.")
    return b"".join(parts)
