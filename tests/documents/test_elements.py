"""Conversations are found in a file wherever they stand, whole or cut."""

import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.documents.imports.elements import elements

PROPERTY = settings(deadline=None, max_examples=300, derandomize=True)


def found(data: bytes) -> list[bytes]:
    return [data[start:end] for start, end in elements(data)]


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
    assert all(start < end <= len(data) for start, end in elements(data))


def test_a_file_of_quotation_marks_takes_no_longer_than_it_is_long() -> None:
    data = b'[{"' + b'\\"' * 500_000
    began = time.perf_counter()
    assert len(found(data)) == 1
    assert time.perf_counter() - began < 5
