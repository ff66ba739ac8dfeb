"""All settings as a page shows them: what holds, and who has said so. Of a secret only whether there is one."""

from collections.abc import Collection
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from webapp.config import Settings, describe

Source = Literal["environment", "chosen", "default"]

# Settings that may be chosen in these pages too, where the environment says nothing: the page, and the option's name.
CHOSEN: Final = {
    "allowed_models": "/admin/models",
    "monthly_soft_limit": "/admin/budgets",
    "monthly_hard_limit": "/admin/budgets",
}


class ShownSetting(Struct, frozen=True):
    """`place` is the page on which it can be chosen, "" if the environment alone says it."""

    variable: str
    value: str
    takes: str
    source: Source
    place: str = ""


def shown_settings(settings: Settings, chosen: Collection[str]) -> tuple[ShownSetting, ...]:
    """`chosen` has the names of options that administrators have set."""
    return tuple(_shown(settings, field, chosen) for field in msgspec.structs.fields(settings))


def without_standin(settings: Settings) -> Settings:
    """The settings of demo mode as the operator made them: the key and the address there are the stand-in's."""
    defaults = Settings()
    return msgspec.structs.replace(
        settings, openrouter_api_key=defaults.openrouter_api_key, openrouter_base_url=defaults.openrouter_base_url
    )


def _shown(settings: Settings, field: msgspec.structs.FieldInfo, chosen: Collection[str]) -> ShownSetting:
    about, value = describe(field.name), getattr(settings, field.name)
    place = CHOSEN.get(field.name, "")
    if value != field.default:
        source: Source = "environment"
    else:
        source = "chosen" if place and field.name in chosen else "default"
    told = ("set" if value else "not set") if about["secret"] else _told(value)
    return ShownSetting(field.name.upper(), told, about["takes"], source, "" if source == "environment" else place)


def _told(value: object) -> str:
    """The value in words; of an address without who signs in there, as a password may stand beside the name."""
    text = "" if value is None else str(value)
    if "://" in text and "@" in urlsplit(text).netloc:
        text = text.replace(urlsplit(text).netloc.rpartition("@")[0], "…", 1)
    return text or "not set"
