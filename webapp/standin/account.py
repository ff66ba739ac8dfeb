"""The account behind the key: what was spent, and what became of each answer."""

import time
from collections import OrderedDict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, Literal

from msgspec import Struct, field

from webapp.standin.errors import USER_ID, ApiError
from webapp.standin.journal import Seen
from webapp.standin.steps import Finish
from webapp.standin.wire import Generation, Usage

_BOUGHT: Final = Decimal(250)
_SPENT_BEFORE: Final = Decimal("3.4567")
_KEEP: Final = 200


class Record(Struct, frozen=True):
    """``data`` of GET /generation."""

    id: str
    created_at: str
    model: str
    provider_name: str
    streamed: bool
    cancelled: bool
    finish_reason: str | None
    native_finish_reason: str | None
    total_cost: Decimal
    usage: Decimal
    upstream_inference_cost: Decimal | None
    tokens_prompt: int
    tokens_completion: int
    native_tokens_prompt: int
    native_tokens_completion: int
    native_tokens_reasoning: int
    native_tokens_cached: int
    native_tokens_completion_images: int
    num_search_results: int | None
    latency: float
    generation_time: float
    user_agent: str | None
    http_referer: str | None
    origin: str = ""
    is_byok: bool = False
    api_type: Literal["completions"] = "completions"
    data_region: Literal["global"] = "global"
    app_id: None = None
    cache_discount: None = None
    external_user: None = None
    moderation_latency: None = None
    num_fetches: None = None
    num_input_audio_prompt: None = None
    num_media_completion: None = None
    num_media_prompt: None = None
    preset_id: None = None
    provider_responses: list[Any] = field(default_factory=list)
    request_id: None = None
    response_cache_source_id: None = None
    router: None = None
    service_tier: str = "default"
    session_id: None = None
    upstream_id: None = None
    web_search_engine: None = None
    workspace_id: None = None


class Account:
    """Spending and records; ``delay`` seconds pass before a record can be read."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._spent = _SPENT_BEFORE
        self._records: OrderedDict[str, tuple[float, Record]] = OrderedDict()

    def record(self, generation: Generation, usage: Usage, finish: Finish | None, seen: Seen) -> None:
        """Books what an answer cost, and keeps its record for a while."""
        self._spent += usage.cost
        self._records[generation.id] = (time.monotonic() + self._delay, _record(generation, usage, finish, seen))
        while len(self._records) > _KEEP:
            self._records.popitem(last=False)

    def generation(self, generation_id: str) -> Record:
        """Raises ApiError 404 for an id that is not known, or not yet."""
        ready, record = self._records.get(generation_id, (0.0, None))
        if record is None or time.monotonic() < ready:
            raise ApiError(404, f"Generation {generation_id} not found")
        return record

    def credits(self) -> dict[str, Decimal]:
        """``data`` of GET /credits."""
        return {"total_credits": _BOUGHT, "total_usage": self._spent}

    def key(self, key: str) -> dict[str, Any]:
        """``data`` of GET /key."""
        today = self._spent - _SPENT_BEFORE
        limit = Decimal(100)
        budget = {
            "scope": "key_limit",
            "limit_usd": limit,
            "spend_usd": self._spent,
            "remaining_usd": limit - self._spent,
            "reset_interval": None,
            "resets_at": None,
            "include_byok": False,
            "budget_id": None,
            "guardrail_id": None,
        }
        return {
            "label": f"{key[:12]}...{key[-3:]}",
            "limit": limit,
            "limit_remaining": limit - self._spent,
            "limit_reset": None,
            "include_byok_in_limit": False,
            "usage": self._spent,
            "usage_daily": today,
            "usage_weekly": today,
            "usage_monthly": today,
            "byok_usage": 0,
            "byok_usage_daily": 0,
            "byok_usage_weekly": 0,
            "byok_usage_monthly": 0,
            "is_free_tier": False,
            "is_management_key": False,
            "is_provisioning_key": False,
            "creator_user_id": USER_ID,
            "expires_at": None,
            "rate_limit": {"requests": -1, "interval": "10s", "note": "This field is deprecated."},
            "free_model_daily_requests": {"limit": 1000, "used": 0, "remaining": 1000},
            "budgets": [budget],
            "effective_budget": budget,
            "workspace_id": None,
            "organization_id": None,
            "allowed_data_regions": ["global"],
        }


def _record(generation: Generation, usage: Usage, finish: Finish | None, seen: Seen) -> Record:
    milliseconds = round((time.time() - seen.began) * 1000, 1)
    return Record(
        id=generation.id,
        created_at=datetime.fromtimestamp(generation.created, UTC).isoformat().replace("+00:00", "Z"),
        model=generation.model,
        provider_name=generation.provider,
        streamed=seen.streamed,
        cancelled=seen.ending != "complete",
        finish_reason=finish.reason if finish else None,
        native_finish_reason=finish.native if finish else None,
        total_cost=usage.cost,
        usage=usage.cost,
        upstream_inference_cost=None,
        tokens_prompt=usage.prompt_tokens,
        tokens_completion=usage.completion_tokens,
        native_tokens_prompt=usage.prompt_tokens,
        native_tokens_completion=usage.completion_tokens,
        native_tokens_reasoning=usage.completion_tokens_details.reasoning_tokens,
        native_tokens_cached=usage.prompt_tokens_details.cached_tokens,
        native_tokens_completion_images=usage.completion_tokens_details.image_tokens,
        num_search_results=4 if usage.server_tool_use_details else None,
        latency=milliseconds,
        generation_time=milliseconds,
        user_agent=seen.headers.get("user-agent"),
        http_referer=seen.headers.get("http-referer"),
    )
