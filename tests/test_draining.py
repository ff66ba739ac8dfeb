"""What a process still does between the signal and its end, with a clock that the test turns."""

from webapp.draining import FAREWELL, LONGEST_ENDING, Drain

GRACE = 20.0


class Answers:
    """So many answers that grow, and what became of them and of their readers."""

    def __init__(self, count: int) -> None:
        self.live_count = count
        self.happened: list[str] = []

    def take_no_more(self) -> None:
        self.happened.append("closed")

    def send_away(self) -> None:
        self.happened.append("sent away")

    def interrupt(self) -> None:
        self.happened.append("interrupted")


class Going:
    """A process with some growing answers that goes down."""

    def __init__(self, count: int = 1, *, is_alone: bool = True) -> None:
        self.answers, self.now = Answers(count), 100.0
        self.drain = Drain([self.answers], is_alone=is_alone, grace=GRACE, now=lambda: self.now)
        self.drain.begin()

    def is_over(self, seconds: float = 0.0) -> bool:
        self.now += seconds
        return self.drain.is_over()


def test_where_others_serve_readers_are_sent_there_at_once() -> None:
    going = Going(is_alone=False)
    assert going.is_over()
    assert going.answers.happened == ["closed", "sent away"]


def test_who_is_alone_and_idle_goes_at_once() -> None:
    assert Going(0).is_over()


def test_who_is_alone_serves_until_the_answers_have_ended_and_were_fetched() -> None:
    going = Going()
    assert not going.is_over(GRACE - 1)
    going.answers.live_count = 0
    assert not going.is_over(FAREWELL / 2)
    assert going.answers.happened == ["closed"]
    assert going.is_over(FAREWELL)
    assert going.answers.happened == ["closed", "sent away"]


def test_after_the_grace_answers_are_interrupted_and_their_ends_are_still_shown() -> None:
    going = Going()
    assert not going.is_over(GRACE)
    assert going.answers.happened == ["closed", "interrupted"]
    going.answers.live_count = 0
    assert not going.is_over()
    assert going.is_over(FAREWELL)


def test_who_is_in_a_hurry_ends_the_grace() -> None:
    going = Going()
    going.drain.hurry()
    assert not going.is_over()
    assert going.answers.happened == ["closed", "interrupted"]


def test_ends_that_are_never_kept_hold_up_nobody_for_ever() -> None:
    going = Going()
    assert not going.is_over(GRACE + LONGEST_ENDING - 1)
    assert going.is_over(2)
