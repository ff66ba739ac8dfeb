"""Thoughts that a model writes into its answer, as `<think>...</think>`, told apart from the answer. Pure.

Models do so behind servers that don't sort it out. What counts is the very beginning of the answer: tags that come
later, or in code, are text. However the answer is cut into pieces, the same thoughts and the same answer come out.
"""

import re
from collections.abc import Generator, Iterator
from enum import Enum, auto
from typing import Final, NamedTuple

_NAMES: Final = ("think", "thinking", "thought", "thoughts", "reasoning", "reason", "antthinking", "seed:think")
_FINAL: Final = (  # of gpt-oss; special tokens before it may be left out on the way
    "<|end|><|start|>assistant<|channel|>final<|message|>",
    "<|start|>assistant<|channel|>final<|message|>",
    "<|channel|>final<|message|>",
)
_TAGS: Final = {  # each with those that end what it begins
    **{f"<{name}>": (f"</{name}>",) for name in _NAMES},
    "[think]": ("[/think]",),
    "◁think▷": ("◁/think▷",),
    "<|begin_of_thought|>": ("<|end_of_thought|>",),
    "<|start_thinking|>": ("<|end_thinking|>",),
    "<|channel>thought": ("<channel|>",),
    "<|channel|>analysis<|message|>": _FINAL,
    "<|channel|>commentary<|message|>": _FINAL,
    "<|start|>assistant<|channel|>analysis<|message|>": _FINAL,
}
_ALL: Final = frozenset(_TAGS).union(*_TAGS.values())
_BEGINNINGS: Final = frozenset(tag[:length] for tag in _ALL for length in range(1, len(tag)))
_LONGEST: Final = max(map(len, _ALL))
_ANY_TAG: Final = re.compile("|".join(map(re.escape, _ALL)), re.IGNORECASE | re.ASCII)
_WITH_ATTRIBUTES: Final = re.compile(rf"<({'|'.join(_NAMES)})\s[^<>]{{0,{_LONGEST}}}>", re.IGNORECASE | re.ASCII)
_ITS_BEGINNING: Final = re.compile(rf"<(?:{'|'.join(_NAMES)})\s[^<>]{{0,{_LONGEST}}}", re.IGNORECASE | re.ASCII)
_CLOSING: Final = {  # what is quoted as code ends nothing
    tags: re.compile(f"(?<!`)(?:{'|'.join(map(re.escape, tags))})", re.IGNORECASE | re.ASCII) for tags in _TAGS.values()
}
_FENCE: Final = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)
_QUOTES: Final = "`'\"‘“«([{"
LOOKED_AT: Final = 2_000  # characters in one go: behind each tag the rest of them is copied
MAX_TAGS: Final = 1_000  # that begin thoughts; what comes behind more is the answer, whatever it is
LONGEST_SPACE: Final = 1_000  # characters at the beginning that may be space before thoughts; more are text


class Kind(Enum):
    ANSWER = auto()
    THOUGHT = auto()
    ALL_WAS_THOUGHT = auto()  # what came so far: a closing tag and more have come, and there was no opening one


class Piece(NamedTuple):
    """Some more of the answer or of the thoughts; without text where all was thought."""

    kind: Kind
    text: str = ""


class _State(Enum):
    BEGINNING = auto()  # nothing but space and thoughts so far
    THINKING = auto()
    UNTAGGED = auto()  # text, which may turn out to be thoughts
    ANSWERING = auto()  # text, whatever comes


_Rest = Generator[Piece, None, str]  # pieces, and what is still to be looked at


class Thoughts:
    """Feed it what a model writes, piece by piece, and close it at the end.

    Where a model goes on from what it wrote `before`, its text can't turn out to be thoughts.
    """

    def __init__(self, before: str = "") -> None:
        self._state = _State.ANSWERING if _is_in_code(before) else _State.BEGINNING
        self._has_begun = bool(before)
        self._has_thoughts = False  # so that space is no part of the answer yet, and text is no thought
        self._held = ""  # what may be a part of a tag, or space before one
        self._closing = _CLOSING["</think>",]
        self._space: list[str] = []  # at the end of thoughts so far
        self._last = ""  # character of the thoughts so far, be it space
        self._is_at_start = True  # of the thoughts: space is none of them
        self._between = ""  # what separates these thoughts from those before
        self._all_was_thought = False  # as soon as there is more: a closing tag at the very end ends nothing
        self._untagged: list[str] = []
        self._tags = 0

    def note_reasoning(self) -> None:
        """Says that thoughts come by themselves: text is none, then."""
        self._has_begun = True
        if self._state is _State.UNTAGGED:
            self._answer_from_now_on()

    def feed(self, text: str) -> Iterator[Piece]:
        """What becomes known with some more text."""
        for at in range(0, len(text), LOOKED_AT):
            if self._state is _State.ANSWERING:
                yield from self._feed(text[at:])
                return
            yield from self._feed(text[at : at + LOOKED_AT])

    def _feed(self, text: str) -> Iterator[Piece]:
        text, self._held = self._held + text, ""
        while text:
            match self._state:
                case _State.BEGINNING:
                    text = yield from self._begin(text)
                case _State.THINKING:
                    text = yield from self._think(text)
                case _State.UNTAGGED:
                    text = yield from self._watch(text)
                case _State.ANSWERING:
                    yield Piece(Kind.ANSWER, text)
                    return

    def close(self) -> Iterator[Piece]:
        """What was held back, when nothing more comes."""
        held, self._held = self._held, ""
        if self._state is _State.THINKING:
            yield from self._thought(held)
        elif held:
            if self._all_was_thought:
                yield Piece(Kind.ALL_WAS_THOUGHT)
            yield Piece(Kind.ANSWER, held)

    def _begin(self, text: str) -> _Rest:
        """Looks at a text with which thoughts or an answer may begin."""
        bare = text.lstrip()
        if self._has_thoughts:
            text = bare
        is_text = len(text) - len(bare) >= LONGEST_SPACE
        if not is_text and _is_half_a_tag(bare):
            self._held = text
            return ""
        if self._all_was_thought:
            self._all_was_thought = False
            yield Piece(Kind.ALL_WAS_THOUGHT)
        is_text = is_text or self._tags >= MAX_TAGS
        if not is_text and (tag := _ANY_TAG.match(bare)):
            self._begin_thoughts(tag[0].lower())
            return bare[tag.end() :]
        if not is_text and (tag := _WITH_ATTRIBUTES.match(bare)):
            self._begin_thoughts(f"<{tag[1].lower()}>")
            return bare[tag.end() :]
        self._state = _State.ANSWERING if self._has_thoughts or self._has_begun else _State.UNTAGGED
        return text

    def _begin_thoughts(self, tag: str) -> None:
        """A closing tag alone ends thoughts of which there are none."""
        self._tags += 1
        self._has_thoughts = True
        if closing := _TAGS.get(tag):
            self._state, self._closing = _State.THINKING, _CLOSING[closing]
            self._last, self._is_at_start = "", True

    def _think(self, text: str) -> _Rest:
        known = len(self._last)
        found = self._closing.search(self._last + text, known)
        if found is None:
            end = _possible_tag(text)
            yield from self._thought(text[:end])
            self._held = text[end:]
            return ""
        yield from self._thought(text[: found.start() - known])
        if not self._is_at_start:
            self._between = "\n\n"
        self._space.clear()
        self._state = _State.BEGINNING
        return text[found.end() - known :]

    def _thought(self, text: str) -> Iterator[Piece]:
        """Some more of the thoughts, without space at their beginning and end."""
        thought = text.rstrip()
        self._last = text[-1:] or self._last
        if thought:
            before = self._between if self._is_at_start else "".join(self._space)
            yield Piece(Kind.THOUGHT, before + (thought.lstrip() if self._is_at_start else thought))
            self._space.clear()
            self._is_at_start = False
        if not self._is_at_start:
            self._space.append(text[len(thought) :])

    def _watch(self, text: str) -> _Rest:
        tag = _ANY_TAG.search(text)
        end = tag.start() if tag else _possible_tag(text)
        if end:
            self._untagged.append(text[:end])
            yield Piece(Kind.ANSWER, text[:end])
        if tag is None:
            self._held = text[end:]
            return ""
        if tag[0].lower() in _TAGS or not _ends_thoughts("".join(self._untagged)):
            self._answer_from_now_on()
            return text[end:]
        self._all_was_thought = True
        self._untagged.clear()
        self._state, self._has_thoughts, self._between = _State.BEGINNING, True, "\n\n"
        return text[tag.end() :]

    def _answer_from_now_on(self) -> None:
        self._state = _State.ANSWERING
        self._untagged.clear()


def split(text: str) -> tuple[str, str]:
    """The thoughts and the answer in a whole text."""
    thoughts, answer = [], []
    writer = Thoughts()
    for kind, piece in (*writer.feed(text), *writer.close()):
        match kind:
            case Kind.ANSWER:
                answer.append(piece)
            case Kind.THOUGHT:
                thoughts.append(piece)
            case Kind.ALL_WAS_THOUGHT:
                thoughts, answer = ["".join(answer).strip()], []
    return "".join(thoughts), "".join(answer)


def _is_half_a_tag(text: str) -> bool:
    """Whether a text is nothing yet, or the beginning of a tag."""
    return not text or text.lower() in _BEGINNINGS or _ITS_BEGINNING.fullmatch(text) is not None


def _possible_tag(text: str) -> int:
    """Where the end of `text` begins that may be the beginning of a tag; its length if there is none."""
    for length in range(min(len(text), _LONGEST - 1), 0, -1):
        if text[-length:].lower() in _BEGINNINGS:
            return len(text) - length
    return len(text)


def _ends_thoughts(text: str) -> bool:
    """Whether a closing tag behind `text` ends something. One that is quoted, or a word of a sentence, does not."""
    line = text.rpartition("\n")[2]
    is_word = bool(line.strip()) and (line[-1].isspace() or line[-1] in _QUOTES)
    return not is_word and not _is_in_code(text)


def _is_in_code(text: str) -> bool:
    """Whether what follows `text` is code: in a fence, or in a line behind an odd backtick."""
    fence = ""
    for found in _FENCE.finditer(text):
        if not fence:
            fence = found[1]
        elif found[1].startswith(fence):
            fence = ""
    return bool(fence) or text.rpartition("\n")[2].count("`") % 2 == 1
