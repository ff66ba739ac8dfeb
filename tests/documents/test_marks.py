"""What other programs write into their texts, and how it reads here; all of it found in one pass."""

import time
from typing import Any

import pytest

from tests.fakes import exports
from tests.fakes.documents import NOW
from tests.fakes.law import read, read_records
from webapp.documents.imports import chatgpt_text, claude_text, librechat_parts, openwebui_text
from webapp.documents.imports.marks import block, fenced, missing, told, tool
from webapp.documents.imports.said import Said
from webapp.documents.imports.scanning import unclosed, unfenced, without_thoughts


def chatgpt(words: str, **details: Any) -> str:
    return chatgpt_text.words_of(words, details)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ('in \ue200entity\ue202["city","Paris","capital of France"]\ue201.', "in Paris."),
        ('in \ue200entity\ue202["city","Par', "in Par"),
        ("\ue200url\ue202the page\ue202https://example.org/\ue201.", "[the page](https://example.org/)."),
        ("\ue200url\ue202the page\ue202javascript:x\ue201.", "the page."),
        ("It is so. \ue200cite\ue202turn0search0\ue202turn0news1\ue201", "It is so."),
        ("It is so. \ue200cite\ue202turn0search0", "It is so."),
        ("It is \ue200cite\ue202turn0search0 so, and more.", "It is so, and more."),
        ("\ue203It is so\ue204\ue206.", "It is so."),
        ("\ue200navlist\ue202News\ue202turn0news1\ue201", "News"),
        ("\ue200futuristic\ue202x\ue201", "[Part not imported: futuristic]"),
        ("won【7†source】, by two【8†(example.org)】.", "won, by two (example.org)."),
        ("so【4:0†report.pdf】.", "so (report.pdf)."),
        ("【1】 stays", "【1】 stays"),
        ("Get [it](sandbox:/mnt/data/a.csv).", "Get it [File not imported: a.csv]."),
        ("![plot](sandbox:/mnt/data/a.png)", "plot [Image not imported: a.png]"),
        (':::writing{variant="email" subject="Apples"}\nDear\n:::\nEnd', "Email: Apples\n\n```\nDear\n```\nEnd"),
    ],
)
def test_marks_of_chatgpt_read_as_words(words: str, shown: str) -> None:
    assert chatgpt(words) == shown


def test_a_mark_reads_as_its_reference_says() -> None:
    mark = "\ue200filecite\ue202turn0file0\ue201"
    assert chatgpt(f"so {mark}", content_references=[{"matched_text": mark, "name": "a.pdf"}]) == "so (a.pdf)"


def made(add: Any, words: str) -> tuple[str, str]:
    said = Said()
    add(said, words)
    return said.content, said.reasoning


@pytest.mark.parametrize(
    ("words", "content", "reasoning"),
    [
        (
            'A <antArtifact type="text/html" title="A > B"><p></antArtifact> Z',
            "A \n\nArtifact: A > B\n\n```html\n<p>\n```\n\n Z",
            "",
        ),
        ('<antArtifact title="Cut"><p>', "Artifact: Cut\n\n```\n<p>\n```", ""),
        ("<antThinking>Hm.</antThinking>Yes.", "Yes.", "Hm."),
        ("Write `<antThinking>` so.", "Write `<antThinking>` so.", ""),
    ],
)
def test_tags_of_claude(words: str, content: str, reasoning: str) -> None:
    assert made(claude_text.add_words, words) == (content, reasoning)


def test_text_that_only_shows_a_mark_stays_as_it_is() -> None:
    shown = 'So:\n\n```html\n<details type="reasoning">\n<antThinking>\n:::thinking\n```\n\nand so on.'
    for add in (claude_text.add_words, librechat_parts.add_words, openwebui_text.add_words):
        assert made(add, shown) == (shown, "")


def test_what_folds_of_its_own_in_open_webui_stays() -> None:
    words = "<details><summary>More</summary>\nIt is so.\n</details>"
    assert made(openwebui_text.add_words, words) == (words, "")


def test_pictures_that_are_links_come_or_are_named() -> None:
    said = Said()
    openwebui_text.add_words(said, "A\n\n![fox](data:image/png;base64,iVBORw0KGgo=)\n\n![](/api/v1/files/1/a.png)\n\nZ")
    assert said.content == "A\n\n[Image not imported: a.png]\n\nZ"
    assert len(said.message("k", "assistant", NOW).pictures) == 1


def test_an_artifact_of_librechat_may_hold_its_own_mark() -> None:
    words = ':::artifact{title="A"}\n```md\n:::\n```\n:::\nEnd'
    assert made(librechat_parts.add_words, words) == ("Artifact: A\n\n```md\n:::\n```\n\nEnd", "")


def test_a_fence_is_longer_than_those_in_it() -> None:
    assert fenced("```\na\n```", "x y") == "````xy\n```\na\n```\n````"
    assert unfenced(fenced("```\na\n```", "md")) == ("```\na\n```", "md")
    assert block("File: a\nb", "x") == "File: a b\n\n```\nx\n```"
    assert (unclosed("```sh\nls"), unclosed("~~~~\n```\n"), unclosed("```\n```"), unclosed("``` a ` b")) == (
        "```",
        "~~~~",
        "",
        "",
    )


def test_thoughts_before_an_answer_stand_apart() -> None:
    assert without_thoughts("<think>\nHm.\n</think>\n\nYes.") == ("Yes.", "Hm.")
    assert without_thoughts("I <think> so.") == ("I <think> so.", "")


def test_marks_say_what_is_missing() -> None:
    assert missing("Image", "a\nb.png") == "[Image not imported: a b.png]"
    assert (missing("Audio"), tool("calc", times=2)) == ("[Audio not imported]", "[Tool used 2 times: calc]")
    assert tool("calc", error="no\nnumber") == "[Tool failed: calc: no number]"


def test_a_tool_that_is_used_again_and_again_is_one_mark() -> None:
    said = Said()
    for name in ("web", "web", "calc", "web"):
        said.tool(name)
    assert said.content == "[Tool used 2 times: web]\n\n[Tool used: calc]\n\n[Tool used: web]"


def test_what_cannot_come_is_counted() -> None:
    assert told(read(exports.claude()).document) == "1 image and 1 use of a tool can't be imported, and are only named."
    assert told(read(exports.librechat()).document) == ""


@pytest.mark.parametrize("half", ["\\ud83d", "\\ude00", "\\uDE00\\uD83D"])
def test_half_a_character_is_no_reason_to_refuse_a_conversation(half: str) -> None:
    data = b'{"chat_messages": [{"sender": "human", "text": "a%s \\\\ud83d \\ud83d\\ude00"}]}' % half.encode()
    content = read_records([data]).document.messages[0].content
    assert content == "a" + "\ufffd" * (len(half) // 6) + " \\ud83d \N{GRINNING FACE}"


# However long


HOSTILE = [
    ("\ue200", ""),
    ("\ue200cite", ""),
    ("\ue200\ue202", ""),
    ("【1†", ""),
    ("[", ""),
    ("[a](sandbox:", ""),
    ("![a](data:image/", ""),
    ("![", ""),
    ("sandbox:/", ""),
    (" ", "x"),
    ('<details type="reasoning"', ""),
    ('<details type="reasoning">', ""),
    ('<details type="reasoning">`</details>', ""),
    ('<details type="tool_calls" name="', ""),
    ("<antArtifact ", ""),
    ('<antArtifact title="a" ', ""),
    ("<antArtifact>", ""),
    ("<antThinking>", ""),
    (":::artifact{}\n```x\n:::\n", ""),
    (":::artifact{\n", ""),
    (":::thinking\n", ""),
    (":::writing{}\n", ""),
    ("\n:::", ""),
    ("`", "x"),
    ("` ", "x"),
    ("```\n", ""),
    ("~~~x\n", ""),
    ("a-", '">'),
    ("\\ue202turn0", ""),
    ("\ue200cite\ue201 ", ""),
    (" \ue201", ""),
    ("\ue201" + " " * 50, ""),
    ("[a](sandbox:(", ""),
    ("[a](sandbox:()", ""),
    ("()", ""),
    ("<details ", ""),
    ('<details id="', ""),
    ('<details id="x" ', ""),
    ('<details id="x" type="', ""),
    ('<details type="plan">', ""),
    ('<details type="tool_calls" files="[&quot;">', ""),
    ("   :::artifact", ""),
    (":contentReference[oaicite:", ""),
    ("【oaicite:1", ""),
    ("\n   ", ""),
]


def seconds(words: str, work: Any) -> float:
    begun = time.process_time()
    work(words)
    return time.process_time() - begun


@pytest.mark.parametrize(("unit", "end"), HOSTILE)
@pytest.mark.parametrize(
    "add", [claude_text.add_words, librechat_parts.add_words, openwebui_text.add_words, lambda _, words: chatgpt(words)]
)
def test_twice_as_much_takes_twice_as_long(unit: str, end: str, add: Any) -> None:
    """A pattern that looks at all the rest from each mark takes four times as long. Of several tries one has to do."""

    def ratio() -> float:
        once, twice = (
            seconds(unit * (count // len(unit)) + end, lambda words: made(add, words)) for count in (100_000, 200_000)
        )
        return (twice - 0.005) / once

    assert any(ratio() <= 2.5 for _ in range(5))
