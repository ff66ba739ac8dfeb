"""JSON that programs send, read straight into what its handler takes.

Litestar makes all of a body's lists and objects first, and converts them then: 330,000 lists fit into 1 MB, and no
handler wants one of them.
"""

from typing import Any, Final

import msgspec
from litestar import Request
from litestar.exceptions import SerializationException, ValidationException
from litestar.serialization import decode_json

_AT: Final = " - at `$."


class TypedRequest(Request[Any, Any, Any]):
    """A request to a handler that takes `data`. What doesn't fit is refused where it begins, and not read on."""

    async def json(self) -> Any:
        kind = self.route_handler.parsed_fn_signature.parameters["data"].annotation
        try:
            return decode_json(await self.body(), kind, strict=False)
        except SerializationException as error:
            if isinstance(error.__cause__, msgspec.ValidationError):
                raise _misfit(str(error)) from None
            raise


def _misfit(message: str) -> ValidationException:
    """The error as Litestar gives it. msgspec's `message` ends with the field, if the fault is in one: at `$.model`."""
    field = message.rpartition(_AT)[2].removesuffix("`") if _AT in message else "data"
    return ValidationException(extra=[{"key": field, "message": message.partition(" - ")[0]}])
