"""What the words, statuses and messages by which servers name an error mean as one of our codes."""

import re
from typing import Final

from webapp.services.errors import Code

BY_WORD: Final[dict[str, Code]] = {
    "authentication": "unauthorised",
    "invalid_api_key": "unauthorised",
    "payment_required": "no_credit",
    "insufficient_quota": "no_credit",
    "permission_denied": "forbidden",
    "content_policy_violation": "moderated",
    "content_filter": "moderated",
    "refusal": "moderated",
    "not_found": "model_not_found",
    "model_not_found": "model_not_found",
    "model_decommissioned": "model_not_found",
    "wrong_endpoint": "model_not_found",
    "no_endpoints": "model_not_found",
    "model_deprecated": "model_not_found",
    "model_unavailable_upstream": "model_not_found",
    "free_variant_ended": "model_not_found",
    "region_restricted": "no_provider",
    "privacy_restricted": "no_provider",
    "constraint_filtered": "no_provider",
    "context_length_exceeded": "context_too_long",
    "token_limit_exceeded": "context_too_long",
    "string_too_long": "context_too_long",
    "payload_too_large": "too_large",
    "rate_limit_exceeded": "rate_limited",
    "capacity_exhausted": "overloaded",
    "provider_overloaded": "overloaded",
    "temporarily_unavailable": "overloaded",
    "timeout": "timeout",
    "provider_unavailable": "upstream_down",
    "server": "upstream_down",
    "server_error": "upstream_down",
    "unmapped": "upstream_down",
    # The same in the words of other servers.
    "authentication_error": "unauthorised",
    "permission_error": "forbidden",
    "not_found_error": "model_not_found",
    "exceed_context_size_error": "context_too_long",
    "request_too_large": "too_large",
    "validation": "bad_request",
    "rate_limit_error": "rate_limited",
    "overloaded": "overloaded",
    "overloaded_error": "overloaded",
    "unavailable_error": "overloaded",
    "generation": "upstream_down",
}
BY_STATUS: Final[dict[int, Code]] = {
    401: "unauthorised",
    402: "no_credit",
    403: "forbidden",
    404: "model_not_found",
    408: "timeout",
    413: "too_large",
    429: "rate_limited",
    503: "overloaded",
    504: "timeout",
    524: "timeout",
    529: "overloaded",
}
BY_MESSAGE: Final[tuple[tuple[re.Pattern[str], Code], ...]] = (
    (
        re.compile(
            r"context (length|window|size)|maximum context|prompt is too long|max_new_tokens. must be", re.IGNORECASE
        ),
        "context_too_long",
    ),
    (re.compile(r"not a valid model|no endpoints found", re.IGNORECASE), "model_not_found"),
)
