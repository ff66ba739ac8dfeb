"""What a step adds to the message, as OpenRouter puts it into a chunk."""

from collections.abc import Iterator
from typing import Final

from webapp.standin import picture
from webapp.standin.steps import CallTool, Cite, Extra, Reason, Refuse, Say, Show, Sign
from webapp.standin.wire import (
    Annotation,
    Delta,
    Function,
    Image,
    ImageUrl,
    ReasoningDetail,
    ToolCall,
    UrlCitation,
)

_SIGNATURE: Final = "c3RhbmQtaW4gc2lnbmF0dXJl"


def spoken(step: Say | Reason, piece: str) -> Delta:
    """A piece of the step's text."""
    if isinstance(step, Say):
        return Delta(piece)
    if step.kind == "summary":
        detail = ReasoningDetail("reasoning.summary", step.format, summary=piece)
    else:
        detail = ReasoningDetail("reasoning.text", step.format, text=piece)
    return Delta(reasoning=piece, reasoning_details=[detail])


def shown(step: Show) -> Delta:
    """The picture."""
    png = picture.noise() if step.large else picture.sunset(step.seed)
    return Delta(images=[Image(ImageUrl(picture.data_url(png)))])


def added(step: Extra) -> Iterator[Delta]:
    """What comes beside the text."""
    match step:
        case Sign(kind="signature", format=form):
            yield Delta(reasoning_details=[ReasoningDetail("reasoning.text", form, signature=_SIGNATURE)])
        case Sign(format=form):
            detail = ReasoningDetail("reasoning.encrypted", form, data=_SIGNATURE, id="rs_standin", index=1)
            yield Delta(reasoning=None, reasoning_details=[detail])
        case Cite(url=url, title=title):
            yield Delta(annotations=[Annotation(UrlCitation(url, title))])
        case Refuse(text=text):
            yield Delta(refusal=text)
        case CallTool(name=name, arguments=arguments, id=call_id):
            yield Delta(None, tool_calls=[ToolCall(Function("", name), id=call_id, type="function")])
            for piece in arguments:
                yield Delta(None, tool_calls=[ToolCall(Function(piece))])
