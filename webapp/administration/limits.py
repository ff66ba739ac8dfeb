"""Limits of a month as they are written into a form and read out of it."""

import re
from decimal import Decimal
from typing import Final

from webapp.accounts.budgets import Limits, cents
from webapp.administration.pages import ShownLimits
from webapp.web.refusals import InvalidError

_AMOUNT: Final = re.compile(r"\$?(\d{1,6}(?:\.\d{1,6})?)", re.ASCII)


def read_limits(soft: str, hard: str) -> Limits:
    """Raises InvalidError for what is no amount, and for a soft limit that could never be told of."""
    limits = Limits(_read_amount(soft), _read_amount(hard))
    if limits.soft is not None and limits.hard is not None and limits.soft > limits.hard:
        raise InvalidError(
            "The soft limit is above the hard one, where nobody would come. Make it less, or leave it out."
        )
    return limits


def shown_limits(limits: Limits) -> ShownLimits:
    return ShownLimits(_shown(limits.soft), _shown(limits.hard))


def limits_in_words(limits: Limits) -> str:
    """For the log: "soft $5.00, hard none"."""
    return ", ".join(
        f"{name} {'none' if amount is None else cents(amount)}"
        for name, amount in (("soft", limits.soft), ("hard", limits.hard))
    )


def _read_amount(text: str) -> Decimal | None:
    if not text.strip():
        return None
    amount = _AMOUNT.fullmatch(text.strip())
    if amount is None:
        raise InvalidError(f"{text[:40]!r} is no amount. A limit is in US dollars, such as 20 or 7.50; empty for none.")
    return Decimal(amount[1])


def _shown(amount: Decimal | None) -> str:
    """With two digits or as many as it takes: 7.50, 20, 0.125."""
    if amount is None:
        return ""
    plain = f"{amount.normalize():f}"
    return f"{amount:.2f}" if len(plain.partition(".")[2]) == 1 else plain
