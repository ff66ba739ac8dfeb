"""A Markdown document in a block of code stays whole, though it holds blocks of code itself."""

import html as entities
import re
from itertools import pairwise

import pytest

from tests.fakes.doubling import is_linear
from tests.rendering.reading import words
from webapp.rendering.growing import OpenBlock
from webapp.rendering.markdown import render
from webapp.rendering.nested import lengthened
from webapp.rendering.stream import Block, BlockStream

LONG = """\
## Identity
Write `content` in clean Markdown. Example:
```
Corporate
```
## Output
```json
{ "type": "bundle" }
```
Last line of the document.
"""
# What is between the outer fences, and what comes behind them.
DOCUMENTS = {
    "a bare block and one with a language": (LONG, "\nAfter the document.\n"),
    "one with a language": ("# T\n\n```bash\nnpm i\n```\n", "\nAfter.\n"),
    "text right behind it": ("# T\n\n```bash\nnpm i\n```\n", "After.\n"),
    "bare blocks below headings": ("# A\n```\nnpm i\n```\n# B\n```\nnpm t\n```\nText.\n", "\nAfter.\n"),
    "bare blocks below blank lines": ("a\n\n```\nnpm i\n```\n\nb\n\n```\nnpm t\n```\n\n", "\nAfter.\n"),
    "code in a list": ("1. Do\n   ```sh\n   x\n   ```\n2. Done\n", "\nAfter.\n"),
    "nothing of the kind": ("# T\n", "\nAfter.\n"),
    "nothing of the kind, text right behind it": ("# T\n", "After.\n"),
    "nothing of the kind, a colon": ("T:\n", "After.\n"),
    "nothing of the kind, another block behind it": ("# T\n", "After.\n\n```js\n1\n```\n"),
    "no more blocks behind it": (LONG, "\nAfter.\n\n```js\n1\n```\n\n```\n2\n```\n"),
}


def code_of(html: str) -> str:
    """The text of the first block of code."""
    found = re.search(r"(?s)<pre[^>]*><code[^>]*>(.*?)</code>", html)
    assert found is not None
    return entities.unescape(re.sub(r"<[^>]*>", "", found[1]))


def grown(text: str, step: int) -> str:
    stream = BlockStream()
    settled: list[Block] = []
    for begin in range(0, len(text), step):
        stream.append(text[begin : begin + step])
        assert stream.blocks()[: len(settled)] == settled
        settled = stream.blocks()
        assert stream.tail.html is not None
    stream.finish()
    assert stream.blocks()[: len(settled)] == settled
    return "".join(block.html for block in stream.blocks())


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("fence", ["```", "~~~", "````"])
@pytest.mark.parametrize("language", ["markdown", "md", "Markdown title"])
def test_a_document_ends_at_its_own_fence(name: str, fence: str, language: str) -> None:
    inside, behind = (part.replace("```", fence) for part in DOCUMENTS[name])
    text = f"Here:\n\n{fence}{language}\n{inside}{fence}\n{behind}"
    html = render(text)
    assert code_of(html) == inside
    assert "<p>After" in html
    for step in (1, 2, 7, len(text)):
        assert grown(text, step) == html


def test_a_document_in_a_list_ends_with_its_item() -> None:
    html = render("- a\n\n  ```md\n  # T\n  ```js\n  x\n  ```\n  ```\n- b\n\n*c*")
    assert code_of(html) == "# T\n```js\nx\n```\n"
    assert "<p><em>c</em></p>" in html


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```markdown\n- a\n```\nThis gives:\n```\noutput\n```\n", "- a\n"),
        ("````markdown\n```js\nx\n```\n````\nafter", "```js\nx\n```\n"),
        ("```markdown\n~~~js\n```\nafter", "~~~js\n"),
        ("```mdash\n```js\n```\n", "```js\n"),
        ("```python\n'''\n```\nafter\n```\n", "'''\n"),
    ],
)
def test_other_blocks_end_as_they_did(text: str, code: str) -> None:
    assert code_of(render(text)) == code


def test_a_document_that_is_cut_off_is_code_to_its_end() -> None:
    assert code_of(render("```markdown\n# A\n```js\nx\n```\n**cut**")) == "# A\n```js\nx\n```\n**cut**"


def test_a_growing_document_only_grows() -> None:
    stream, seen = BlockStream(), [""]
    for character in f"```markdown\n{LONG}```\n\nAfter.\n":
        stream.append(character)
        seen.append(words("".join(block.html for block in stream.blocks()) + stream.tail.html))
    for before, after in pairwise(seen):
        assert after.startswith(before)


def test_code_with_a_language_in_a_growing_document_is_sent_piece_by_piece() -> None:
    stream = BlockStream("```markdown\n# A\n```js\nx\n```\ny")
    assert isinstance(stream.tail, OpenBlock)
    assert stream.tail.inside(after=len("# A\n")) == "```js\nx\n```\ny"


@pytest.mark.parametrize(
    "piece",
    [
        "```markdown\n",
        "```md\n\n```\nx\n",
        "```md\n```js\n",
        "```\n",
        "- ```md\n",
        "# a\n```\n",
        " ",
        ":",
        "> ",
        "~~~md\n",
    ],
)
def test_the_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    assert is_linear(lambda length: lengthened(f"```markdown\n{piece * (length // len(piece))}x\n```\n"), 20_000)
