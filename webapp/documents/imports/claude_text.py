"""The tags that older answers of Claude's have in their text: artifacts become blocks, thoughts stand apart."""

import re
from typing import Final

from webapp.documents.imports.marks import language_of
from webapp.documents.imports.said import Said
from webapp.documents.imports.scanning import Marked, closed_by, marked, without

_ARTIFACT: Final = re.compile(r'<antArtifact\b(?:[^<>"]|"[^"<]*")*>')
_THINKING: Final = re.compile(r"<antThinking>")
_LEFT: Final = re.compile(r"</?ant(?:Artifact|Thinking)\b[^<>]*>?")


def add_words(said: Said, words: str) -> None:
    """A text of an answer, without its tags."""
    if "<ant" not in words:
        said.text(words)
        return
    for part in marked(words, _ARTIFACT, closed_by("</antArtifact>")):
        if isinstance(part, Marked):
            add_artifact(said, part.attribute("title"), part.attribute("type"), part.attribute("language"), part.body)
        else:
            _add_thoughts(said, part)


def add_artifact(said: Said, title: str, kind: str, language: str, body: str, what: str = "Artifact") -> None:
    said.block(f"{what}: {title}" if title else what, body.strip("\n"), language or language_of(kind))


def _add_thoughts(said: Said, words: str) -> None:
    for part in marked(words, _THINKING, closed_by("</antThinking>")):
        if isinstance(part, Marked):
            said.thought(part.body.strip())
        else:
            said.text(without(part, _LEFT).strip("\n"))
