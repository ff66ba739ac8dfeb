"""How much a user may spend in a month. Sums are US dollars, months those of UTC."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Final

from msgspec import Struct

from webapp.accounts.spending import Month
from webapp.web.refusals import RefusalError
from webapp.web.templating import dollars

USUAL: Final = 32_768  # tokens of an answer whose longest nobody knows
LEAST: Final = 512  # below so many tokens an answer is not worth its prompt
LEAST_THOUGHT: Final = 2_048  # the same of one that is to think first
COMFORTABLE: Final = 4_096  # so many are always given, where they can be paid
SHARE: Final = 4  # and more of them as long as they take no more than a quarter of what is left: others send too
SOON: Final = 10.0  # seconds after which an answer that is under way may have ended
_WAIT: Final = "Wait for one of them to end"


class BudgetError(RefusalError):
    """The month's money is spent, or does not pay for this."""

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


class Quote(Struct, frozen=True):
    """What a call may cost at most: `prompt` dollars for what it reads, `token` for each token that it writes.

    `asked` is the most tokens that its conversation sets, None where it sets none; `longest`, what its model writes at
    most; with fewer than `enough` it is not worth its prompt. One that is not `is_priced` is by a model whose price
    nobody knows, while others have one.
    """

    model: str
    prompt: Decimal = Decimal(0)
    token: Decimal = Decimal(0)
    asked: int | None = None
    longest: int = USUAL
    enough: int = LEAST
    is_priced: bool = True

    @property
    def wanted(self) -> int:
        """How many tokens it writes if it may."""
        return self.longest if self.asked is None else self.asked

    @property
    def least(self) -> int:
        """With fewer tokens it is not made."""
        return min(self.wanted, self.enough)

    def price(self, tokens: int) -> Decimal:
        return self.prompt + tokens * self.token

    def tokens_for(self, money: Decimal) -> int:
        """How many tokens so much money pays for; less than none where it does not pay for the prompt."""
        if money < self.prompt:
            return -1
        return int((money - self.prompt) // self.token) if self.token else self.wanted

    def tokens_within(self, money: Decimal) -> int:
        """How many it may write where so much is left. Unless more is `asked`, it leaves some to others."""
        most = self.tokens_for(money)
        if self.asked is not None:
            return min(self.asked, most)
        return min(self.longest, most, max(COMFORTABLE, most // SHARE))


class Hold(Struct, frozen=True):
    """What is held back for a call until it has ended, and `prompt`, the part of that which is spent at once.

    The call may write `max_tokens`, None for as many as it likes. `is_cut`: fewer than it wanted.
    """

    amount: Decimal = Decimal(0)
    prompt: Decimal = Decimal(0)
    max_tokens: int | None = None
    is_cut: bool = False


NOTHING: Final = Hold()


class Terms(Struct, frozen=True):
    """How an answer is paid for: by the user's own key (encrypted), or by the installation within a hard limit.

    `hold` is what was held back for it.
    """

    own_key: bytes | None = None
    is_limited: bool = False
    hold: Hold = NOTHING


class Standing(Struct, frozen=True):
    """Where a user is in a month. `spent` is what the installation's key has paid; `growing` what it is taken to pay.

    The latter is for answers that grow just now. `held` is the most that these may cost, and what bills that are open
    may come to beyond what is spent. Who has an own key spends own money, `own_spent`: no limit of ours holds for that.
    """

    spent: Decimal = Decimal(0)
    growing: Decimal = Decimal(0)
    limits: Limits = NO_LIMITS
    own_key: bytes | None = None
    own_spent: Decimal = Decimal(0)
    held: Decimal = Decimal(0)

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
    def has_promised_too_much(self) -> bool:
        """Whether what is spent and held is more than the hard limit: a call costs more than was held for it."""
        return self.limits.hard is not None and self.spent + self.held > self.limits.hard

    def terms(self, hold: Hold = NOTHING) -> Terms:
        return Terms(self.own_key, is_limited=self.own_key is None and self.limits.hard is not None, hold=hold)

    def hold(self, quote: Quote | None, now: datetime) -> Hold:
        """What a call holds back; nothing for one without a `quote`, and where an own key pays.

        Within a hard limit it is as much as the call can cost: where that is more than there is, the call has to be
        shorter. Raises BudgetError where what is left does not pay for its `least`.
        """
        self.check(now)
        if quote is None or self.own_key is not None:
            return NOTHING
        if self.limits.hard is None:
            return Hold(quote.price(min(quote.wanted, USUAL)), quote.prompt)
        left = self.limits.hard - self.spent - self.held
        if not quote.is_priced:
            return self._all_of(left, quote, now)
        tokens = quote.tokens_within(left)
        if tokens < quote.least:
            raise self._too_dear(quote, left, now)
        return Hold(quote.price(tokens), quote.prompt, tokens if quote.token else None, tokens < quote.wanted)

    def check(self, now: datetime) -> None:
        """Raises BudgetError at the hard limit, unless an own key pays."""
        if self.own_key is None and self.is_at_hard_limit:
            raise BudgetError(self.note(now), retry_after=seconds_left(now))

    def _all_of(self, left: Decimal, quote: Quote, now: datetime) -> Hold:
        """All that is left, for a call that may cost anything: so nothing else is sent beside it."""
        if left <= 0:
            raise BudgetError(
                f"What {quote.model} costs is known afterwards only, and all that is left of this month's money is "
                f"reserved for answers that are under way. {_WAIT}.",
                retry_after=SOON,
            )
        return Hold(left)

    def _too_dear(self, quote: Quote, left: Decimal, now: datetime) -> BudgetError:
        """Why a call is not made: what it may cost, what is left, and what to do."""
        hard = self.limits.hard or Decimal(0)
        cost, rest = precisely(quote.price(quote.least)), precisely(max(left, Decimal(0)))
        sum_up = f"This would cost {cost} or more, and {rest} is left of this month's {precisely(hard)}"
        if quote.tokens_for(hard - self.spent) >= quote.least:
            held = f"while {precisely(self.held)} is reserved for answers that are under way"
            return BudgetError(f"{sum_up}, {held}. {_WAIT}, shorten it, or choose a cheaper model.", retry_after=SOON)
        advice = "Shorten it, begin a new conversation, or choose a cheaper model."
        return BudgetError(f"{sum_up}. {advice} {ends(now)}", retry_after=seconds_left(now))

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

    @property
    def held_words(self) -> str:
        """What is held beyond what is spent, for people; "" for nothing."""
        more = self.held - self.growing
        return f"{precisely(more)} more reserved" if more > 0 and self.own_key is None else ""


def seconds_left(now: datetime) -> float:
    """Until the next month begins."""
    return (Month.of(now).next.begins_at - now).total_seconds()


def ends(now: datetime) -> str:
    """When a month's limit ends, as a sentence."""
    begins = Month.of(now).next.begins_at
    return f"The month begins anew on {begins.day} {begins:%B} (UTC)."


def precisely(amount: Decimal) -> str:
    """Dollars and cents; of less than a cent as many digits as it takes to be more than nothing."""
    return dollars(amount) if amount < Decimal("0.01") else cents(amount)


def cents(amount: Decimal) -> str:
    """Dollars and cents, for sums of a month; of less than a cent only that there is something."""
    if Decimal(0) < amount < Decimal("0.01"):
        return "less than $0.01"
    return f"${amount:,.2f}"
