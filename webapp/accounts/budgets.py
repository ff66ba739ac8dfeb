"""How much a user may spend in a month. Sums are US dollars, months those of UTC."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from msgspec import Struct

from webapp.accounts.spending import Month
from webapp.web.refusals import RefusalError


class BudgetError(RefusalError):
    """The month's money is spent."""

    status: ClassVar[int] = 402
    code: ClassVar[str] = "budget"


class Limits(Struct, frozen=True):
    """Dollars a month; None where there is no limit. Above the soft one a user is told, at the hard one refused."""

    soft: Decimal | None = None
    hard: Decimal | None = None

    def over(self, others: "Limits") -> "Limits":
        """These limits, and those of `others` where there are none."""
        return Limits(
            others.soft if self.soft is None else self.soft,
            others.hard if self.hard is None else self.hard,
        )


NO_LIMITS = Limits()


class Terms(Struct, frozen=True):
    """How an answer is paid for: by the user's own key (encrypted), or by the installation within a hard limit."""

    own_key: bytes | None = None
    is_limited: bool = False


class Standing(Struct, frozen=True):
    """Where a user is in a month. `spent` is what the installation's key has paid; `growing` what it is taken to pay.

    The latter is for answers that grow just now. Who has an own key spends own money, `own_spent`: no limit of ours
    holds for that.
    """

    spent: Decimal = Decimal(0)
    growing: Decimal = Decimal(0)
    limits: Limits = NO_LIMITS
    own_key: bytes | None = None
    own_spent: Decimal = Decimal(0)

    @property
    def in_all(self) -> Decimal:
        return self.spent + self.growing

    @property
    def is_at_hard_limit(self) -> bool:
        return self.limits.hard is not None and self.in_all >= self.limits.hard

    @property
    def is_over_soft_limit(self) -> bool:
        return self.limits.soft is not None and self.in_all > self.limits.soft

    @property
    def terms(self) -> Terms:
        return Terms(self.own_key, is_limited=self.own_key is None and self.limits.hard is not None)

    def check(self, now: datetime) -> None:
        """Raises BudgetError at the hard limit, unless an own key pays."""
        if self.own_key is None and self.is_at_hard_limit:
            raise BudgetError(self.note(now), retry_after=seconds_left(now))

    def note(self, now: datetime) -> str:
        """What to tell of a limit that has been passed; "" where none has, or where an own key pays."""
        if self.own_key is not None:
            return ""
        if self.is_at_hard_limit:
            return f"This month's money is spent: {self.words}. {ends(now)}"
        if self.limits.soft is None or not self.is_over_soft_limit:
            return ""
        then = "" if self.limits.hard is None else f" Sending ends at {cents(self.limits.hard)}."
        return f"{cents(self.in_all)} are spent this month: more than {cents(self.limits.soft)}.{then}"

    @property
    def summary(self) -> str:
        """The month in a few words, for the list at the side."""
        if self.own_key is not None:
            return f"{cents(self.own_spent)} by your own key this month"
        return f"{self.words} this month"

    @property
    def words(self) -> str:
        """What was spent and what may be: "$1.20 of $5.00"; without a limit the sum alone."""
        limit = self.limits.soft if self.limits.hard is None else self.limits.hard
        spent = cents(self.in_all)
        return spent if limit is None else f"{spent} of {cents(limit)}"


def seconds_left(now: datetime) -> float:
    """Until the next month begins."""
    return (Month.of(now).next.begins_at - now).total_seconds()


def ends(now: datetime) -> str:
    """When a month's limit ends, as a sentence."""
    begins = Month.of(now).next.begins_at
    return f"The month begins anew on {begins.day} {begins:%B} (UTC)."


def cents(amount: Decimal) -> str:
    """Dollars and cents, for sums of a month; of less than a cent only that there is something."""
    if Decimal(0) < amount < Decimal("0.01"):
        return "less than $0.01"
    return f"${amount:,.2f}"
