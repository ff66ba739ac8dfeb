"""The measure of other tests tells what grows with the text from what grows with its square."""

from tests.fakes.doubling import is_linear


def test_what_grows_with_the_text_is_linear() -> None:
    assert is_linear(lambda length: sum(range(length)), 200_000)


def test_what_grows_with_the_square_is_not() -> None:
    assert not is_linear(lambda length: sum(1 for _ in range(length) for _ in range(length)), 700)
