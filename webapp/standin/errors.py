"""OpenRouter's errors before a stream: a status, a body of one shape, sometimes headers."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

USER_ID: Final = "user_2standin0000000000000000"

ERROR_TYPES: Final[Mapping[int, str]] = {
    400: "invalid_request",
    401: "authentication",
    402: "payment_required",
    403: "permission_denied",
    404: "not_found",
    405: "invalid_request",
    408: "timeout",
    413: "payload_too_large",
    422: "unprocessable",
    429: "rate_limit_exceeded",
    500: "server",
    502: "provider_unavailable",
    503: "provider_overloaded",
    504: "timeout",
    524: "timeout",
    529: "provider_overloaded",
}


class ErrorDetail(msgspec.Struct, frozen=True):
    """``code`` repeats the HTTP status; in a stream it has also been a word."""

    message: str
    code: int | str
    metadata: dict[str, Any] | UnsetType = UNSET
    availability: dict[str, Any] | UnsetType = UNSET


class ErrorBody(msgspec.Struct, frozen=True):
    error: ErrorDetail
    user_id: str = USER_ID


class ApiError(Exception):
    """An error that OpenRouter would answer with before any part of the answer."""

    def __init__(self, status: int, message: str, error_type: str = "", **metadata: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = ErrorBody(ErrorDetail(message, status, metadata_of(status, error_type, metadata)))


def metadata_of(code: int, error_type: str = "", more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The metadata that goes with a status: its ``error_type`` and whatever else is known."""
    return {"error_type": error_type or ERROR_TYPES.get(code, "unmapped"), **(more or {})}
