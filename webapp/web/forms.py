"""Forms as browsers send them, read strictly into a struct."""

from typing import Any, Final, TypeVar, get_origin
from urllib.parse import unquote_to_bytes

import msgspec
from litestar import Request

from webapp.background import Turns
from webapp.web.refusals import InvalidError, RefusalError, TooLargeError

Form = TypeVar("Form", bound=msgspec.Struct)

MAX_FIELDS: Final = 200
STEP: Final = 10_000  # bytes that are decoded in one go


class WrongTypeError(RefusalError):
    status = 415
    code = "wrong_content_type"


async def read_form(
    request: Request[Any, Any, Any], form: type[Form], *, limit: int, may_be_missing: bool = False
) -> Form:
    """The request's form as a `form`; fields that it does not have are left out, line ends are newlines.

    A field that is a tuple has all values of its name, any other the last one. Where the fields only refine what the
    address says, the form `may_be_missing`: a request without a body then has the default of each field.

    Raises WrongTypeError for another content type, TooLargeError above `limit` bytes, and InvalidError for text that
    is not UTF-8 or fields that do not fit.
    """
    is_missing = may_be_missing and not has_body(request)
    pairs = [] if is_missing else await read_pairs(request, limit=limit)
    values: dict[str, object] = {}
    values.update(pairs)
    for field in msgspec.structs.fields(form):
        if get_origin(field.type) is tuple:
            values[field.name] = [value for name, value in pairs if name == field.name]
    try:
        return msgspec.convert(values, form, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidError(f"The form does not fit: {error}.") from None


async def read_fields(request: Request[Any, Any, Any], *, limit: int) -> dict[str, str]:
    """All fields of the request's form. Raises as `read_form` does."""
    return dict(await read_pairs(request, limit=limit))


async def text_of(coded: bytes, turns: Turns) -> str:
    """A name or value as it was typed. Where much of it is escaped that is work, and done by turns with others."""
    coded = coded.replace(b"+", b" ")
    parts, at = [], 0
    while at < len(coded):
        end = at + STEP
        if (escape := coded.rfind(b"%", max(end - 2, 0), end)) >= 0:
            end = escape  # it goes on behind the end
        parts.append(unquote_to_bytes(coded[at:end]))
        at = end
        await turns.pass_on()
    return b"".join(parts).decode()


async def read_pairs(request: Request[Any, Any, Any], *, limit: int) -> list[tuple[str, str]]:
    """The same in their order, with each value of a field that comes more than once."""
    if media_type_of(request) != "application/x-www-form-urlencoded":
        raise WrongTypeError("A form is sent as application/x-www-form-urlencoded.")
    body = await read_body(request, limit)
    if body.count(b"&") >= MAX_FIELDS:
        raise InvalidError(f"The form does not fit: more than {MAX_FIELDS} fields.")
    turns = Turns()
    try:
        pairs = [one.partition(b"=") for one in body.split(b"&") if one]
        return [
            (await text_of(name, turns), (await text_of(value, turns)).replace("\r\n", "\n"))
            for name, _, value in pairs
        ]
    except UnicodeError:
        raise InvalidError("The text is not valid UTF-8.") from None


def has_body(request: Request[Any, Any, Any]) -> bool:
    """Whether a body comes with the request, as its headers announce it."""
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


def media_type_of(request: Request[Any, Any, Any]) -> str:
    """What the body says it is, in small letters and without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


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
