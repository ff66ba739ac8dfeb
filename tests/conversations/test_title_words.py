"""What a model wrote for a title, in all its dresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.doubling import is_linear
from webapp.conversations.title_words import clean


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("A fox", "A fox"),
        ('\n  "A fox."\n\nand more', "A fox"),
        ("**Title: „Der Fuchs“**", "Der Fuchs"),
        ("# A\tfox\x00", "A fox"),
        ("long " * 30, "long long long long long long long long long long long long …"),
        ("<think>\nx\n</think>\n\nActual Title", "Actual Title"),
        ("x, they want a title.\n</think>\n\nActual Title", "Actual Title"),
        ("<think>\nno end", ""),
        ('{"title": "Json Title"}', "Json Title"),
        ('{"emoji": "🦊", "title": "Json Title"}', "Json Title"),
        ('{"title": "Json Title"} I hope it fits.', "Json Title"),
        ('["First", "Second"]', "First"),
        ('[{"name": "First"}]', "First"),
        ('```json\n{"title": "Json Title"}\n```', "Json Title"),
        ("```\nRust Basics\n```", "Rust Basics"),
        ('{"title": "Cut o', ""),
        ("Here is a 3-5 word concise title: Rust Basics", "Rust Basics"),
        ("Here's a title for the conversation:\n\n**Rust Basics**", "Rust Basics"),
        ("Sure!\nRust Basics", "Rust Basics"),
        ('Sure! Here\'s a short title: "Rust Basics"', "Rust Basics"),
        ("The title could be: *Rust Basics*", "Rust Basics"),
        ("1. First\n2. Second", "First"),
        ("1) First\n2) Second", "First"),
        ("- First\n- Second", "First"),
        ("Title: X marks", "X marks"),
        ("**Title:** X marks", "X marks"),
        ("Chat title: X marks", "X marks"),
        ("Titel: Rust-Grundlagen", "Rust-Grundlagen"),
        ("Hier ist ein kurzer Titel: Rust-Grundlagen", "Rust-Grundlagen"),
        ("Titre : Les bases", "Les bases"),
        ("Título: Lo básico", "Lo básico"),
        ("标题：学习笔记", "学习笔记"),
        ("以下是标题：学习笔记", "学习笔记"),
        ("タイトル：猫の話", "猫の話"),
        ("Заголовок: Лиса", "Лиса"),
        ("<title>Rust Basics</title>", "Rust Basics"),
        ("[Rust Basics](https://example.org)", "Rust Basics"),
        ("The `len` of **lists**", "The len of lists"),
        ("「猫の話」", "猫の話"),
        ("", ""),
        ("null", ""),
        ('""', ""),
        ("Title:", ""),
        ("No line that long is a title. " * 20, ""),
    ],
)
def test_a_title_is_found_in_what_a_model_wrote(written: str, title: str) -> None:
    assert clean(written) == title


@pytest.mark.parametrize(
    "title",
    [
        "Choosing a Title: Tips",
        'Review of "Dune"',
        '"Dune" and "Foundation"',
        '"Dune" reviewed',
        "Python: lists",
        "List<String> in Java",
        "《三体》读后感",
        "snake_case names",
        "2024 in review",
        "C# basics",
        "Don't panic",
        "What is 1. e4?",
    ],
)
def test_a_title_that_needs_no_change_stays(title: str) -> None:
    assert clean(title) == title


@given(st.text(max_size=300) | st.text("\"'“”[]{}():*_`#<>title \n", max_size=60))
def test_whatever_it_writes_a_title_is_short_and_printable(written: str) -> None:
    title = clean(written)
    assert len(title) <= 62
    assert title.isprintable()


@pytest.mark.parametrize("unit", ["[", "[a](", "<b>", "here ", "the ", "* ", '"', "```", "title", ":", "#", "«"])
def test_the_time_grows_with_the_text(unit: str) -> None:
    assert is_linear(lambda count: clean(unit * count), 2_000)
