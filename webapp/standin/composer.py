"""The stand-in's own answers as steps: what it would say to a conversation, within the limits that were asked for."""

from typing import Final

from webapp.standin.answers import answer_to, thoughts_on
from webapp.standin.catalog import Model
from webapp.standin.chat import ChatRequest
from webapp.standin.questions import Question, question_in
from webapp.standin.steps import AnyStep, Cite, Comment, Finish, Reason, Say, Show, Sign, Usage, Wait
from webapp.standin.tokens import split

_EFFORT_SHARES: Final = {
    "max": 0.95,
    "xhigh": 0.95,
    "high": 0.8,
    "medium": 0.5,
    "low": 0.2,
    "minimal": 0.1,
    "none": 0.0,
}
_NATIVE_STOPS: Final = {"openai": "completed", "anthropic": "end_turn", "google": "STOP"}
_FORMATS: Final = {
    "openai": "openai-responses-v1",
    "anthropic": "anthropic-claude-v1",
    "google": "google-gemini-v1",
    "x-ai": "xai-responses-v1",
}
_SOURCES: Final = (
    ("https://handbook.example.org/", "The handbook: {title}"),
    ("https://journal.example.net/2026/", "A field report on {title}"),
    ("https://forum.example.com/t/", "What people ask about {title}"),
    ("https://library.example.edu/catalogue/", ""),
)


def compose(chat: ChatRequest, model: Model, *, tokens: int | None = None) -> list[AnyStep]:
    """The whole answer; or only its first ``tokens`` tokens of text, without a finish.

    A prefill that is the beginning of the answer is continued where it ends.
    """
    question = question_in(chat)
    text, reason = _within_limits(rest_after(chat.prefill, answer_to(question)), chat, model)
    thinking = [] if chat.prefill else _thinking(question, chat, model)
    sources = _sources(question) if (model.searches or chat.searches) and not chat.prefill else []
    start: list[AnyStep] = [Comment(times=3), Wait(tokens=12), *thinking, *sources]
    if tokens is not None:
        return [*start, Say("".join(split(text)[:tokens]), paced=True)]
    if model.makes("image"):
        picture = Show(seed=question.chance.randrange(1000), last=True)
        return [Comment(times=6), Wait(tokens=40), Say("Here you go: "), Comment(), picture, Usage("null")]
    native = _NATIVE_STOPS.get(model.maker, "stop") if reason == "stop" else reason
    return [*start, Say(text, paced=True), Finish(reason, native), Usage()]


def rest_after(prefill: str, answer: str) -> str:
    """What is left to say of ``answer``; something fitting if the prefill is not its beginning."""
    for begun in (prefill, prefill.rstrip()):
        if answer.startswith(begun) and len(answer) > len(begun):
            return answer[len(begun) :]
    if answer == prefill.rstrip():
        return "\n\nThe answer was complete already."
    return "\n\nThe text above is not the stand-in's, so this sentence is all that it can add."


def _within_limits(text: str, chat: ChatRequest, model: Model) -> tuple[str, str]:
    """The text up to the first stop sequence, and within the token limit; and the finish reason."""
    for stop in chat.stops:
        text = text.partition(stop)[0]
    limit = chat.token_limit
    if limit is None:
        return text, "stop"
    left = limit - (0 if chat.prefill else int(limit * _share(chat, model)))
    pieces = split(text)
    return ("".join(pieces[:left]), "length") if len(pieces) > left else (text, "stop")


def _share(chat: ChatRequest, model: Model) -> float:
    """The share of the tokens that goes into thinking."""
    options = model.reasoning
    if not options:
        return 0.0
    effort = chat.effort or (options.default_effort or "medium" if options.default_enabled else "none")
    return _EFFORT_SHARES[effort]


def _thinking(question: Question, chat: ChatRequest, model: Model) -> list[AnyStep]:
    share = _share(chat, model)
    if not share or (chat.reasoning and chat.reasoning.exclude):
        return []
    pieces = split(thoughts_on(question))
    limit = chat.token_limit
    text = "".join(pieces if limit is None else pieces[: max(int(limit * share), 1)])
    form = _FORMATS.get(model.maker, "unknown")
    match model.maker:
        case "anthropic":
            return [Reason(text, paced=True, format=form), Sign("signature", form)]
        case "openai":
            return [Reason(text, paced=True, kind="summary", format=form), Sign("encrypted", form)]
        case _:
            return [Reason(text, paced=True, format=form)]


def _sources(question: Question) -> list[AnyStep]:
    slug = "-".join(word for word in question.title.lower().split() if word.isalnum()) or "question"
    return [Cite(address + slug, title.format(title=question.title)) for address, title in _SOURCES]
