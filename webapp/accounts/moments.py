"""Points in time as people say them."""

from datetime import datetime, timedelta


def ago(moment: datetime, now: datetime) -> str:
    """How long ago it was, the day if that is more than a week: "just now", "5 minutes ago", "12 Nov 2026"."""
    passed = now - moment
    if passed < timedelta(minutes=1):
        return "just now"
    if passed < timedelta(hours=1):
        return _count(passed // timedelta(minutes=1), "minute")
    if passed < timedelta(days=1):
        return _count(passed // timedelta(hours=1), "hour")
    if passed < timedelta(days=8):
        return _count(passed.days, "day")
    return day(moment)


def day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"


def _count(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'} ago"
