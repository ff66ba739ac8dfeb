"""The models that the stand-in offers: believable names, prices and abilities; none of them is the real thing."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

_VARIANTS: Final = (":online", ":nitro", ":floor", ":exacto", ":extended")

_SAMPLING: Final = ["max_tokens", "temperature", "top_p", "stop", "seed", "frequency_penalty", "presence_penalty"]
_REASONING: Final = ["include_reasoning", "reasoning", "reasoning_effort"]


class Architecture(Struct, frozen=True):
    modality: str
    input_modalities: list[str]
    output_modalities: list[str]
    tokenizer: str
    instruct_type: str | None = None


class Override(Struct, frozen=True):
    """Other prices for long prompts."""

    min_prompt_tokens: int
    prompt: str
    completion: str


class Pricing(Struct, frozen=True):
    """US dollars per token, per picture or per search, as strings. "-1": it depends."""

    prompt: str
    completion: str
    image: str | UnsetType = UNSET
    image_output: str | UnsetType = UNSET
    web_search: str | UnsetType = UNSET
    input_cache_read: str | UnsetType = UNSET
    input_cache_write: str | UnsetType = UNSET
    overrides: list[Override] | UnsetType = UNSET

    def rates(self, prompt_tokens: int) -> "Rates":
        """The prices of a request with a prompt of that length."""
        prompt, completion = self.prompt, self.completion
        for override in self.overrides or []:
            if prompt_tokens >= override.min_prompt_tokens:
                prompt, completion = override.prompt, override.completion
        return Rates(
            prompt=Decimal(prompt),
            cached=Decimal(self.input_cache_read or prompt),
            completion=Decimal(completion),
            picture=Decimal(self.image_output or completion),
            search=Decimal(self.web_search or "0.005"),
        )


class Rates(Struct, frozen=True):
    """What one request pays: dollars per token, and per search."""

    prompt: Decimal
    cached: Decimal
    completion: Decimal
    picture: Decimal
    search: Decimal


class TopProvider(Struct, frozen=True):
    context_length: int | None
    max_completion_tokens: int | None
    is_moderated: bool


class ReasoningOptions(Struct, frozen=True):
    mandatory: bool
    default_enabled: bool | UnsetType = UNSET
    default_effort: str | UnsetType = UNSET
    supported_efforts: list[str] | UnsetType = UNSET
    supports_max_tokens: bool | UnsetType = UNSET


class Links(Struct, frozen=True):
    details: str


class Model(Struct, frozen=True):
    """An entry of GET /models."""

    id: str
    canonical_slug: str
    name: str
    created: int
    description: str
    context_length: int | None
    architecture: Architecture
    pricing: Pricing
    top_provider: TopProvider
    supported_parameters: list[str]
    links: Links
    per_request_limits: None = None
    default_parameters: dict[str, float | None] | None = None
    supported_voices: None = None
    hugging_face_id: str | None = None
    knowledge_cutoff: str | None = None
    expiration_date: str | None = None
    reasoning: ReasoningOptions | UnsetType = UNSET

    def takes(self, modality: str) -> bool:
        return modality in self.architecture.input_modalities

    def makes(self, modality: str) -> bool:
        return modality in self.architecture.output_modalities

    @property
    def maker(self) -> str:
        return self.id.partition("/")[0].lstrip("~")

    @property
    def provider(self) -> str:
        """Who is said to serve it."""
        return _PROVIDERS.get(self.maker, "Stand-in")

    @property
    def searches(self) -> bool:
        """Whether it searches the web for every answer."""
        return self.maker == "perplexity"


_PROVIDERS: Final = {
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "google": "Google AI Studio",
    "meta-llama": "DeepInfra",
    "mistralai": "Mistral",
    "deepseek": "DeepSeek",
    "qwen": "Alibaba",
    "x-ai": "xAI",
    "perplexity": "Perplexity",
}


def _model(
    model_id: str,
    name: str,
    about: str,
    price: tuple[str, str],
    context: int | None,
    *,
    slug: str = "",
    since: str = "2026-06-01",
    takes: str = "text",
    makes: str = "text",
    tokenizer: str = "Other",
    longest: int | None = None,
    reasoning: ReasoningOptions | None = None,
    prices: dict[str, Any] | None = None,
    **more: Any,
) -> Model:
    """An entry, from what sets it apart. Prices are per million tokens, as on OpenRouter's pages."""
    parameters = [*_SAMPLING, *(_REASONING if reasoning else [])]
    return Model(
        id=model_id,
        canonical_slug=slug or model_id.partition(":")[0],
        name=name,
        created=int(datetime.fromisoformat(since).replace(tzinfo=UTC).timestamp()),
        description=f"Stand-in, not the real model: {about}",
        context_length=context,
        architecture=Architecture(
            f"{takes.replace(' ', '+')}->{makes.replace(' ', '+')}", takes.split(), makes.split(), tokenizer
        ),
        pricing=Pricing(_per_token(price[0]), _per_token(price[1]), **(prices or {})),
        top_provider=TopProvider(context, longest, more.pop("moderated", False)),
        supported_parameters=sorted(parameters),
        links=Links(f"/api/v1/models/{slug or model_id}/endpoints"),
        reasoning=reasoning or UNSET,
        **more,
    )


def _per_token(per_million: str) -> str:
    if per_million == "-1":
        return per_million
    return format((Decimal(per_million) / 1_000_000).normalize(), "f")


def _efforts(*efforts: str, default: str = "medium", enabled: bool = True, **more: Any) -> ReasoningOptions:
    return ReasoningOptions(more.pop("mandatory", False), enabled, default, list(efforts), **more)


MODELS: Final[tuple[Model, ...]] = (
    _model(
        "openai/gpt-5.6", "OpenAI: GPT-5.6", "answers after thinking, and reads pictures and files.",
        ("1.25", "10"), 400_000, slug="openai/gpt-5.6-20260811", since="2026-08-11", takes="text image file",
        tokenizer="GPT", longest=128_000, reasoning=_efforts("xhigh", "high", "medium", "low", "none"), moderated=True,
        prices={"input_cache_read": "0.000000125", "web_search": "0.01"}, knowledge_cutoff="2026-02-01",
    ),
    _model(
        "openai/gpt-5-mini", "OpenAI: GPT-5 Mini", "small and quick; thinks a little first.",
        ("0.25", "2"), 400_000, slug="openai/gpt-5-mini-2025-08-07", since="2025-08-07", takes="text image file",
        tokenizer="GPT", longest=128_000, reasoning=_efforts("high", "medium", "low", "minimal", mandatory=True),
        moderated=True, prices={"input_cache_read": "0.000000025"}, knowledge_cutoff="2024-05-31",
    ),
    _model(
        "openai/gpt-3.5-turbo", "OpenAI: GPT-3.5 Turbo", "old, small and plain; many an example still names it.",
        ("0.5", "1.5"), 16_385, since="2023-05-28", tokenizer="GPT", longest=4_096, moderated=True,
        knowledge_cutoff="2021-09-30",
    ),
    _model(
        "anthropic/claude-sonnet-4.6", "Anthropic: Claude Sonnet 4.6", "long documents, and thinking on request.",
        ("3", "15"), 1_000_000, slug="anthropic/claude-4.6-sonnet-20260217", since="2026-02-17",
        takes="text image file", tokenizer="Claude", longest=64_000,
        reasoning=_efforts("max", "high", "medium", "low", enabled=False, supports_max_tokens=True),
        prices={"input_cache_read": "0.0000003", "input_cache_write": "0.00000375"},
    ),
    _model(
        "anthropic/claude-haiku-4.5", "Anthropic: Claude Haiku 4.5", "the quick one of its family.",
        ("1", "5"), 200_000, slug="anthropic/claude-4.5-haiku-20251001", since="2025-10-15", takes="text image",
        tokenizer="Claude", longest=64_000,
        reasoning=ReasoningOptions(mandatory=False, default_enabled=False, supports_max_tokens=True),
        prices={"input_cache_read": "0.0000001", "input_cache_write": "0.00000125"},
    ),
    _model(
        "google/gemini-3.5-flash-lite", "Google: Gemini 3.5 Flash Lite", "reads text, pictures, sound and video.",
        ("0.1", "0.4"), 1_048_576, since="2026-05-19", takes="text image file audio video", tokenizer="Gemini",
        longest=65_536, prices={"image": "0.0000001", "input_cache_read": "0.00000001"},
        default_parameters={"temperature": 1.0, "top_p": 0.95, "frequency_penalty": None},
    ),
    _model(
        "google/gemini-2.5-flash-image", "Google: Gemini 2.5 Flash Image", "answers with a picture.",
        ("0.3", "2.5"), 32_768, since="2025-10-07", takes="text image", makes="image text", tokenizer="Gemini",
        longest=32_768, prices={"image": "0.001238", "image_output": "0.00003"},
    ),
    _model(
        "meta-llama/llama-3.3-70b-instruct", "Meta: Llama 3.3 70B Instruct", "open weights, plain text.",
        ("0.1", "0.32"), 131_072, since="2024-12-06", tokenizer="Llama3", longest=16_384,
        hugging_face_id="meta-llama/Llama-3.3-70B-Instruct",
    ),
    _model(
        "meta-llama/llama-3.3-70b-instruct:free", "Meta: Llama 3.3 70B Instruct (free)", "the same for nothing.",
        ("0", "0"), 131_072, since="2024-12-06", tokenizer="Llama3",
        hugging_face_id="meta-llama/Llama-3.3-70B-Instruct",
    ),
    _model(
        "mistralai/mistral-medium-3.1", "Mistral: Mistral Medium 3.1", "European; goes out of service soon.",
        ("0.4", "2"), 131_072, since="2025-08-13", takes="text image", tokenizer="Mistral",
        expiration_date="2027-01-31",
    ),
    _model(
        "deepseek/deepseek-v3.2", "DeepSeek: DeepSeek V3.2", "thinks in the open when asked to.",
        ("0.26", "0.38"), 163_840, slug="deepseek/deepseek-v3.2-20251201", since="2025-12-01", tokenizer="DeepSeek",
        longest=65_536, reasoning=ReasoningOptions(mandatory=False, default_enabled=False),
        prices={"input_cache_read": "0.00000013"}, hugging_face_id="deepseek-ai/DeepSeek-V3.2",
    ),
    _model(
        "qwen/qwen3-235b-a22b-2507", "Qwen: Qwen3 235B A22B Instruct 2507", "a large mixture of experts.",
        ("0.08", "0.55"), 262_144, slug="qwen/qwen3-235b-a22b-07-25", since="2025-07-21", tokenizer="Qwen3",
        longest=262_144, hugging_face_id="Qwen/Qwen3-235B-A22B-Instruct-2507",
    ),
    _model(
        "x-ai/grok-4-fast", "xAI: Grok 4 Fast", "two million tokens of context; dearer above 128,000.",
        ("0.2", "0.5"), 2_000_000, since="2025-09-19", takes="text image file", tokenizer="Grok", longest=30_000,
        reasoning=ReasoningOptions(mandatory=False, default_enabled=True), prices={
            "input_cache_read": "0.00000005", "overrides": [Override(128_000, "0.0000004", "0.000001")],
        },
    ),
    _model(
        "perplexity/sonar-pro", "Perplexity: Sonar Pro", "searches first, and names its sources.",
        ("3", "15"), 200_000, since="2025-03-07", takes="text image", longest=8_000,
        prices={"web_search": "0.005"},
    ),
    _model(
        "openrouter/auto", "Auto Router", "chooses one of the others for each question.",
        ("-1", "-1"), 2_000_000, since="2023-11-08", takes="text image file audio video", makes="text image",
        tokenizer="Router",
    ),
)  # fmt: skip

AUTO: Final = "openrouter/auto"
AUTO_CHOICE: Final = "anthropic/claude-haiku-4.5"


_BY_ID: Final = {model.canonical_slug: model for model in MODELS} | {model.id: model for model in MODELS}


def find(model_id: str) -> Model | None:
    """The model with that id or slug; variants such as ``:online`` count as the model itself."""
    for variant in _VARIANTS:
        model_id = model_id.removesuffix(variant)
    return _BY_ID.get(model_id)


def invented(model_id: str, name: str, about: str) -> Model:
    """A model for a script: text only, with a price, so that there is something to count."""
    return _model(model_id, name, about, ("1", "4"), 128_000)
