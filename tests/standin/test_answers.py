"""What the stand-in says: fitting, honest, the same each time, and within the limits asked for."""

import compileall
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.standin import tokens
from webapp.standin.answers import answer_to
from webapp.standin.catalog import MODELS, find
from webapp.standin.chat import ChatRequest
from webapp.standin.composer import compose
from webapp.standin.questions import Kind, Question, question_in
from webapp.standin.snippets import snippet_for
from webapp.standin.steps import Cite, Finish, Reason, Say, Sign

PLAIN = "qwen/qwen3-235b-a22b-2507"
QUESTIONS = {
    "Say 'test' and nothing else.": Kind.SAY,
    "Hello there!": Kind.GREETING,
    "Write a Python function that counts words": Kind.CODE,
    "Compare tea and coffee": Kind.COMPARE,
    "What is 12 * 7?": Kind.MATHS,
    "Tell me a story about a lighthouse": Kind.STORY,
    "How do I bake bread?": Kind.STEPS,
    "Show me everything": Kind.SHOWCASE,
    "Write a long essay about bridges": Kind.LONG,
    "What is an event stream?": Kind.EXPLAIN,
}


def chat(*turns: str, **more: object) -> ChatRequest:
    """A conversation, the user's turn first."""
    roles = ("user", "assistant")
    messages = [{"role": roles[number % 2], "content": text} for number, text in enumerate(turns)]
    return msgspec.convert({"messages": messages, **more}, ChatRequest)


def said(asked: ChatRequest, model: str = PLAIN) -> str:
    found = find(model)
    assert found
    return "".join(step.text for step in compose(asked, found) if isinstance(step, Say))


def finished(asked: ChatRequest, model: str = PLAIN) -> str:
    found = find(model)
    assert found
    return next(step.reason for step in compose(asked, found) if isinstance(step, Finish))


@given(st.text())
def test_tokens_joined_are_the_text(text: str) -> None:
    pieces = tokens.split(text)
    assert "".join(pieces) == text
    assert all(pieces)


def test_tokens_are_about_four_characters() -> None:
    text = answer_to(Question("Write a long essay about bridges"))
    assert 3 < len(text) / tokens.count(text) < 5
    assert max(len(piece) for piece in tokens.split(text)) <= 6


@pytest.mark.parametrize(("question", "kind"), QUESTIONS.items())
def test_a_question_is_recognised(question: str, kind: Kind) -> None:
    assert Question(question).kind is kind


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_says_that_it_is_a_stand_ins(question: str) -> None:
    assert "stand-in" in answer_to(Question(question))


@given(st.text(max_size=200))
def test_every_text_has_an_answer_that_stays_the_same(text: str) -> None:
    assert answer_to(Question(text)) == answer_to(Question(text))


def test_an_answer_takes_up_the_topic() -> None:
    assert "## History of bridges" in answer_to(Question("Write a long essay about the history of bridges"))
    assert "| tea | coffee |" in answer_to(Question("What's the difference between tea and coffee?"))
    assert "12 \\times 7 = 84" in answer_to(Question("What is 12 * 7?"))


def test_markup_in_the_question_does_not_come_back() -> None:
    assert "<script>" not in answer_to(Question("Explain <script>alert(1)</script> `x` to me"))


def test_what_is_to_be_said_is_said() -> None:
    assert answer_to(Question("Say 'test'")).startswith("test\n")


def test_a_title_is_one_plain_line() -> None:
    asked = chat("Give this conversation a title of at most six words.\n\nHow do I bake bread?")
    assert said(asked) == "Bake bread"


def test_the_ordinary_answer_has_all_that_a_page_can_show() -> None:
    answer = answer_to(Question("What is an event stream?"))
    for pattern in (r"^## ", r"^### ", r"^1\. ", r"^\|---", r"^```python$", r"^> ", r"\*\*\w", r"`\w"):
        assert re.search(pattern, answer, re.MULTILINE), pattern


def test_a_long_answer_is_long() -> None:
    assert tokens.count(answer_to(Question("Write a very long text about bridges"))) > 1000


def test_the_python_snippets_compile(tmp_path: Path) -> None:
    for name, answer in enumerate((snippet_for("python").text, answer_to(Question("What?")))):
        code = re.search(r"```python\n(.*?)```", answer, re.DOTALL)
        (tmp_path / f"snippet{name}.py").write_text(code[1] if code else answer)
    assert compileall.compile_dir(tmp_path, quiet=1)


def test_it_sees_the_conversation() -> None:
    assert "turn 3 of our conversation" in said(chat("One?", "a", "Two?", "b", "What is three?"))
    parts = [{"type": "text", "text": "What is this?"}, {"type": "file", "file": {"filename": "plan.pdf"}}]
    asked = msgspec.convert({"messages": [{"role": "user", "content": parts}]}, ChatRequest)
    assert "You attached the file plan.pdf." in said(asked)


@given(st.integers(min_value=1, max_value=1000))
def test_a_prefill_is_continued_where_it_ends(length: int) -> None:
    answer = said(chat("What is SSE?"))
    begun = answer[: min(length, len(answer) - 1)]
    assert begun + said(chat("What is SSE?", begun)) == answer


def test_a_prefill_without_its_last_spaces_is_continued_with_them() -> None:
    answer = said(chat("What is SSE?"))
    begun = answer[: answer.index("\n\n")]
    assert begun + said(chat("What is SSE?", begun)) == answer


def test_a_prefill_from_elsewhere_is_not_repeated() -> None:
    rest = said(chat("What is SSE?", "The moon is"))
    assert rest
    assert "The moon" not in rest


def test_a_prefill_ends_the_thinking() -> None:
    model = find("openai/gpt-5-mini")
    assert model
    assert not any(isinstance(step, Reason) for step in compose(chat("What is SSE?", "## SSE"), model))


def test_max_tokens_cuts_the_answer_short() -> None:
    asked = chat("What is SSE?", max_tokens=10)
    assert tokens.count(said(asked)) == 10
    assert finished(asked) == "length"
    assert said(chat("What is SSE?")).startswith(said(asked))


def test_thinking_takes_its_share_of_max_tokens() -> None:
    model = find("openai/gpt-5-mini")
    assert model
    steps = compose(chat("What is SSE?", max_tokens=100, reasoning={"effort": "low"}), model)
    thought = "".join(step.text for step in steps if isinstance(step, Reason))
    assert tokens.count(thought) == 20
    assert tokens.count(said(chat("What is SSE?", max_tokens=100, reasoning={"effort": "low"}), model.id)) == 80


def test_a_stop_sequence_ends_the_answer_before_it() -> None:
    asked = chat("What is SSE?", stop=["### In three"])
    assert said(asked) == said(chat("What is SSE?")).partition("### In three")[0]
    assert finished(asked) == "stop"


@pytest.mark.parametrize(
    ("model", "signs"),
    [("anthropic/claude-sonnet-4.6", True), ("openai/gpt-5.6", True), ("deepseek/deepseek-v3.2", False)],
)
def test_thinking_is_shown_on_request(model: str, signs: bool) -> None:
    found = find(model)
    assert found
    steps = compose(chat("What is SSE?", reasoning={"effort": "high"}), found)
    assert any(isinstance(step, Reason) for step in steps)
    assert any(isinstance(step, Sign) for step in steps) == signs


@pytest.mark.parametrize("reasoning", [{"effort": "none"}, {"enabled": False}, {"effort": "high", "exclude": True}])
def test_thinking_can_be_left_out(reasoning: dict[str, object]) -> None:
    model = find("openai/gpt-5.6")
    assert model
    steps = compose(chat("What is SSE?", reasoning=reasoning), model)
    assert not any(isinstance(step, Reason) for step in steps)


def test_a_web_search_brings_sources() -> None:
    model = find(PLAIN)
    assert model
    assert any(isinstance(step, Cite) for step in compose(chat("What is SSE?", plugins=[{"id": "web"}]), model))
    assert not any(isinstance(step, Cite) for step in compose(chat("What is SSE?"), model))


def test_the_models_say_that_they_are_not_real() -> None:
    assert all("Stand-in" in model.description for model in MODELS)


def test_the_question_is_the_last_of_the_user() -> None:
    assert question_in(chat("One?", "a", "Two?")).text == "Two?"
