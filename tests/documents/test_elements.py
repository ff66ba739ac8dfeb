"""Conversations are found in a file wherever they stand, whole or cut."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.doubling import is_linear
from webapp.documents.imports.elements import elements

PROPERTY = settings(deadline=None, max_examples=300, derandomize=True)


LONGEST = 1_000_000


def found(data: bytes, size: int = 1 << 20) -> list[bytes]:
    """What is found in a file that comes in pieces of that size."""
    return list(elements((data[place : place + size] for place in range(0, len(data), size)), LONGEST))


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        (b'[{"a": 1}, {"b": [2]}]', [b'{"a": 1}', b'{"b": [2]}']),
        (b' \n[ {"a": "]}"} ]', [b'{"a": "]}"}']),
        (b'\xef\xbb\xbf[{"a": "\\"}"}]', [b'{"a": "\\"}"}']),
        (b'{"a": [1]}', [b'{"a": [1]}']),
        (b'{"a": 1}\n{"b": 2}\n', [b'{"a": 1}', b'{"b": 2}']),
        (b'[{"a": 1}, {"b": "cut', [b'{"a": 1}', b'{"b": "cut']),
        (b'[{"a": 1}, {"b": "cut\\', [b'{"a": 1}', b'{"b": "cut\\']),
        (b'[{"broken": ], {"b": 2}]', [b'{"broken": ]', b'{"b": 2}']),
        (b'["text", 1, null]', []),
        (b"[]", []),
        (b"", []),
        (b"]]]", []),
        (b"no JSON at all", []),
    ],
)
def test_each_is_found_where_it_stands(data: bytes, parts: list[bytes]) -> None:
    assert found(data) == parts


TEXT = st.text(max_size=12)
OBJECTS = st.dictionaries(TEXT, TEXT | st.lists(st.dictionaries(TEXT, TEXT, max_size=3), max_size=3), max_size=4)


@PROPERTY
@given(st.lists(OBJECTS, max_size=6), st.booleans())
def test_they_are_those_that_a_decoder_finds(values: list[object], indented: bool) -> None:
    data = msgspec.json.encode(values)
    data = msgspec.json.format(data) if indented else data
    assert [msgspec.json.decode(one) for one in found(data)] == values


@PROPERTY
@given(st.binary())
def test_whatever_there_is_it_ends(data: bytes) -> None:
    assert all(one and one in data for one in found(data))


@PROPERTY
@given(st.text('"\\\\{}[]a ,').map(str.encode), st.integers(1, 5))
def test_how_a_file_is_cut_makes_no_difference(data: bytes, size: int) -> None:
    assert found(data, size) == found(data)


def test_one_that_is_too_long_is_cut_and_those_beside_it_come_whole() -> None:
    long = b'{"a": "' + b"x" * (3 * LONGEST) + b'"}'
    first, second = found(b"[" + long + b', {"b": 1}]')
    assert LONGEST < len(first) < 2 * LONGEST + (1 << 20)
    assert second == b'{"b": 1}'


def test_a_file_of_quotation_marks_takes_no_longer_than_it_is_long() -> None:
    assert is_linear(lambda size: found(b'[{"' + b'\\"' * size), 500_000)
