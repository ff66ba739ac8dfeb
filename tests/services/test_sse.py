"""The decoder of server-sent events, held to a slow and simple reading of the specification."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.services.sse import MAX_EVENT_LINES, Decoder, EventTooLargeError


def decoded(*pieces: bytes) -> list[bytes]:
    decoder = Decoder()
    return [data for piece in pieces for data in decoder.feed(piece)] + decoder.close()


def in_pieces(body: bytes, cuts: list[int]) -> list[bytes]:
    bounds = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    return [body[start:end] for start, end in pairwise(bounds)]


def by_the_book(body: bytes) -> list[bytes]:
    """Splits the whole text into events by regular expressions, delivering an event that the end cuts off."""
    lines = re.split(rb"\r\n|\n|\r", body.removeprefix(b"\xef\xbb\xbf"))
    events: list[list[bytes]] = [[]]
    for line in [*lines, b""]:
        name, _, value = line.partition(b":")
        if name == b"data":
            events[-1].append(value.removeprefix(b" "))
        elif not line:
            events.append([])
    return [b"\n".join(data) for data in events if data]


STREAM_PIECES = st.lists(
    st.sampled_from([b"data: {}", b"data:x", b"data", b"data:", b"data:  two", b": note", b"event: e", b"id: 1", b""])
    | st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n"])
    | st.sampled_from(
        ["é".encode(), "\u2028".encode(), "\u0085".encode(), "👋".encode(), b"\xff", b"\xef\xbb\xbf", b":"]
    )
).map(b"".join)


@given(STREAM_PIECES, st.lists(st.integers(min_value=0)))
def test_every_chunking_gives_the_same_events(body: bytes, cuts: list[int]) -> None:
    assert decoded(*in_pieces(body, cuts)) == by_the_book(body)


@given(st.binary(max_size=200), st.lists(st.integers(min_value=0)))
def test_any_bytes_decode_alike_in_any_chunking(body: bytes, cuts: list[int]) -> None:
    assert decoded(*in_pieces(body, cuts)) == by_the_book(body)


def test_an_event_is_delivered_with_its_blank_line_and_not_before() -> None:
    decoder = Decoder()
    assert decoder.feed(b"data: one\n") == []
    assert decoder.feed(b"\n") == [b"one"]


def test_many_events_in_one_read_keep_their_order() -> None:
    assert decoded(b"data: one\n\ndata: two\n\ndata: three\n\n") == [b"one", b"two", b"three"]


def test_a_carriage_return_ends_a_line_at_once() -> None:
    assert Decoder().feed(b"data: one\r\r") == [b"one"]


def test_a_line_end_split_between_two_reads_is_one_line_end() -> None:
    decoder = Decoder()
    assert decoder.feed(b"data: one\r") == []
    assert decoder.feed(b"\ndata: two\r\n\r") == [b"one\ntwo"]
    assert decoder.feed(b"\n") == []


def test_an_empty_read_between_the_halves_of_a_line_end_does_no_harm() -> None:
    assert decoded(b"data: one\r", b"", b"\ndata: two\n\n") == [b"one\ntwo"]


def test_several_data_lines_are_joined() -> None:
    assert decoded(b'data: {\ndata: "a": 1}\n\n') == [b'{\n"a": 1}']


def test_only_one_space_after_the_colon_is_dropped() -> None:
    assert decoded(b"data:a\n\ndata: b\n\ndata:  c\n\n") == [b"a", b"b", b" c"]


def test_comments_and_other_fields_are_passed_over() -> None:
    assert decoded(b": OPENROUTER PROCESSING\n\nevent: x\nid: 7\nretry: 5\ndatum: no\ndata: yes\n\n") == [b"yes"]


def test_a_byte_order_mark_is_skipped_once() -> None:
    assert decoded(b"\xef\xbb", b"\xbfdata: one\n\n\xef\xbb\xbfdata: two\n\n") == [b"one"]


def test_unicode_line_separators_are_text() -> None:
    body = 'data: "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg"\n\n'.encode()
    assert decoded(body) == ['"a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg"'.encode()]


def test_a_split_character_survives() -> None:
    assert decoded(b"data: \xf0\x9f", b"\x91\x8b\n\n") == ["👋".encode()]


def test_an_event_cut_off_by_the_end_is_delivered() -> None:
    assert decoded(b"data: one\n\ndata: two") == [b"one", b"two"]


def test_the_end_delivers_nothing_twice() -> None:
    decoder = Decoder()
    decoder.feed(b"data: one")
    assert decoder.close() == [b"one"]
    assert decoder.close() == []


def test_a_long_line_is_kept_in_pieces_and_joined_once() -> None:
    decoder = Decoder()
    decoder.feed(b"data: ")
    pieces = [bytes([65 + number % 26]) * 1024 for number in range(2048)]
    for piece in pieces:
        assert decoder.feed(piece) == []
    assert decoder._tail == [b"data: ", *pieces]
    assert decoder.feed(b"\n\n") == [b"".join(pieces)]
    assert decoder._tail == []


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([b"data: " + b"x" * 101 + b"\n\n"], id="in one read"),
        pytest.param([b"data: ", *[b"x" * 10] * 20], id="a line without an end"),
        pytest.param([b"data: " + b"x" * 20 + b"\n"] * 6, id="an event without an end"),
        pytest.param([b":" + b"x" * 101], id="a comment without an end"),
    ],
)
def test_too_large_an_event_is_refused(pieces: list[bytes]) -> None:
    decoder = Decoder(max_event_bytes=100)
    with pytest.raises(EventTooLargeError, match="more than 100 bytes"):
        [decoder.feed(piece) for piece in pieces]
    assert decoder.close() == []


def test_the_limit_is_for_one_event_and_not_for_the_stream() -> None:
    decoder = Decoder(max_event_bytes=100)
    for _ in range(50):
        assert decoder.feed(b": " + b"x" * 40) == []
        assert decoder.feed(b"\ndata: " + b"x" * 40) == []
        assert decoder.feed(b"\n\n") == [b"x" * 40]


@pytest.mark.parametrize("line", [b"data:\n", b"data\n", b"data:x\n"])
def test_an_event_of_too_many_lines_is_refused(line: bytes) -> None:
    """Each takes memory of its own, however little is on it."""
    decoder = Decoder()
    assert decoder.feed(line * MAX_EVENT_LINES + b"\n") != []
    with pytest.raises(EventTooLargeError, match="lines"):
        decoder.feed(line * (MAX_EVENT_LINES + 1))
    assert decoder.close() == []
