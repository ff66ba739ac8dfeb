"""What a conversation asks for, as far as a few patterns can tell: its kind, its topic, what is to be compared."""

import random
import re
from enum import Enum
from hashlib import sha256
from typing import Final

from msgspec import Struct

from webapp.standin.chat import (
    AudioPart,
    ChatRequest,
    DeveloperMessage,
    FilePart,
    ImagePart,
    Part,
    SystemMessage,
    UserMessage,
    VideoPart,
    parts_of,
    text_of,
)


class Kind(Enum):
    """Recognised by these patterns, in this order."""

    SAY = (
        r"\b(?:say|repeat|echo)\b\s*:?\s*(?:the words?\s+)?(?:[\"“'‘](?P<quoted>.{1,80}?)[\"”'’](?!\w)"
        r"|(?P<plain>\w\S*(?: \S+){0,2})$)"
    )
    TITLE = r"\b(?:title|headline)\b.*\b(?:conversation|chat|words|message|question)\b"
    SHOWCASE = (
        r"\beverything\b.{0,40}\b(?:show|answers?|formats?|formatting|markdown)\b|\b(?:show|try)\b.{0,40}\beverything\b"
    )
    LONG = r"\b(?:very long|long|essay|detailed|in depth|thorough|\d{3,} words)\b"
    CODE = (
        r"```|\b(?:code|function|script|program|class|regex)\b"
        r"|\b(?:python|javascript|typescript|rust|bash|sql|query|html|css)\b"
    )
    MATHS = (
        r"\d\s*[-+*/×^]\s*\d"
        r"|\b(?:maths?|equations?|integrals?|derivatives?|solve|proof|prove|formula|theorem|calculate)\b"
    )
    COMPARE = r"\b(?:compare|comparison|versus|vs\.?|difference between|pros and cons|table)(?!\w)"
    STORY = r"\b(?:story|tale|poem|haiku|limerick|fairy)\b"
    GREETING = r"^\W*(?:hi|hello|hey|hallo|good (?:morning|afternoon|evening)|greetings)\b[^?]{0,40}$"
    STEPS = r"\b(?:how (?:do|to|can|should|would)|steps?|list|plan|recipe|guide|checklist|ideas?|tips)\b"
    EXPLAIN = r""


_LEAD: Final = re.compile(
    r"\W*(?:user(?=:)|hi|hello|hey|please|can|could|would|will|you|i|we|me|want|need|like|to|tell|show|give|write|make|create|draw|paint|explain|"
    r"describe|compare|list|summari[sz]e|help|with|what(?:'s|’s)?|who|is|are|was|were|does|do|did|how|why|should|a|an|the|"
    r"some|very|long|detailed|short|essay|story|poem|table|picture|image|steps|about|of|on|for|between|difference)\b[\s,:]*",
    re.IGNORECASE,
)
_PAIR: Final = re.compile(
    r"(?:compare|between|of|for)\s+(?P<a>[^.?!,\n]{1,40}?)\s+(?:and|with|to|vs\.?|versus)\s+(?P<b>[^.?!,\n]{1,40}?)"
    r"(?=\s+(?:in|as|for|with|by|using)\b|[.?!,\n]|$)"
    r"|(?P<c>\S+(?: \S+)?)\s+(?:vs\.?|versus)\s+(?P<d>\S+(?: \S+)?)",
    re.IGNORECASE,
)
_MARKUP: Final = re.compile(r"</?\w[^>]*>|[\\`*_~#<>|\[\]{}$^\"“”]+")
_TOPIC_LENGTH: Final = 56


class Question(Struct, frozen=True):
    """The last thing that the user said, and what stands around it."""

    text: str
    system: str = ""
    earlier: int = 0
    attachments: tuple[str, ...] = ()
    seed: int | None = None

    @property
    def chance(self) -> random.Random:
        """Choices that are the same for the same text (and ``seed``)."""
        return random.Random(sha256(f"{self.seed}:{self.text}".encode()).digest())

    @property
    def kind(self) -> Kind:
        if re.search(Kind.TITLE.value, self.system, re.IGNORECASE | re.DOTALL):
            return Kind.TITLE
        return next(kind for kind in Kind if re.search(kind.value, self.text, re.IGNORECASE | re.DOTALL))

    @property
    def topic(self) -> str:
        """What it is about, in a few words of its own, without Markdown."""
        words, lead = _plain(self.text), ""
        while (found := _LEAD.match(words)) and found.end() < len(words):
            lead, words = found[0], words[found.end() :]
        topic = shorten(re.split(r"[.?!,;:]+(?:\s|$)|\n", words)[0])
        if not topic:
            return "your question"
        return f"the {topic}" if lead.strip().lower() == "the" else topic

    @property
    def title(self) -> str:
        topic = self.topic.removeprefix("the ")
        return topic[0].upper() + topic[1:]

    @property
    def pair(self) -> tuple[str, str]:
        """The two things to compare."""
        found = _PAIR.search(_plain(self.text))
        if not found:
            return "The first", "The second"
        return shorten(found["a"] or found["c"], 28), shorten(found["b"] or found["d"], 28)

    @property
    def words_to_say(self) -> str:
        found = re.search(Kind.SAY.value, self.text, re.IGNORECASE | re.DOTALL)
        return (found["quoted"] or found["plain"].rstrip(".!?")) if found else ""


def _plain(text: str) -> str:
    """``text`` without Markdown and HTML; a product keeps its sign."""
    return _MARKUP.sub("", re.sub(r"(?<=\d)\s*\*\s*(?=\d)", " × ", text)).strip()


def shorten(text: str, limit: int = _TOPIC_LENGTH) -> str:
    """``text`` in one line of at most ``limit`` characters, cut between words where it can be."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[:limit].rsplit(" ", 1)[0].rstrip(" ,;:-")


def question_in(chat: ChatRequest) -> Question:
    """The question of a conversation. A request for a title is about the text that is to have one."""
    asked = [message for message in chat.messages if isinstance(message, UserMessage)]
    told = [text_of(message) for message in chat.messages if isinstance(message, SystemMessage | DeveloperMessage)]
    last = asked[-1] if asked else UserMessage("")
    question = Question(
        text=text_of(last),
        system="\n".join(told),
        earlier=max(len(asked) - 1, 0),
        attachments=tuple(name for part in parts_of(last) if (name := _attachment(part))),
        seed=chat.seed,
    )
    if question.kind is Kind.TITLE and not told:
        request, _, subject = question.text.partition("\n\n")
        return Question(subject or text_of(asked[0]), system=request)
    return question


def _attachment(part: Part) -> str:
    """An attachment in words, "" for text."""
    match part:
        case ImagePart():
            return "a picture"
        case FilePart(file):
            return f"the file {shorten(_MARKUP.sub('', file.filename or 'without a name'))}"
        case AudioPart():
            return "a sound recording"
        case VideoPart():
            return "a video"
        case _:
            return ""
