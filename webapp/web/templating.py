"""Pages from templates. Each gets one typed context, `page`; a name that is not there is an error, not a gap."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from msgspec import Struct

from webapp.web.appearance import UNKNOWN, Reader
from webapp.web.assets import Assets
from webapp.web.reader import reader_is_administrator


class Templates:
    def __init__(
        self,
        folder: Path,
        assets: Assets,
        *,
        root: str = "",
        has_accounts: bool = False,
        sharing: bool = False,
        model_server: str = "OpenRouter",
        **names: Any,
    ) -> None:
        """`names` are known to every template, beside `page`, `appearance`, `asset`, `icon` and the arguments.

        So is `is_administrator`, about the reader. `root` is the path below which the app is. It goes in front of each
        address of ours; `asset` and `icon` have it. `model_server` is what the server that answers is called.
        """
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

        def asset(name: str) -> str:
            return root + assets.url(name)

        self._environment.globals.update(
            has_accounts=has_accounts,
            root=root,
            sharing=sharing,
            model_server=model_server,
            asset=asset,
            icon=_icon_maker(asset("icons.svg")),
            **names,
        )
        self._environment.filters.update(dollars=dollars, duration=duration, grouped=grouped)

    def render(self, name: str, page: Struct, appearance: Reader = UNKNOWN) -> str:
        """`appearance` matters to whole pages, and to lists; any other fragment takes on that of the page around it."""
        reader = {"is_administrator": reader_is_administrator()}
        return self._environment.get_template(name).render(page=page, appearance=appearance, **reader)

    def names(self) -> list[str]:
        """Every template, for the test that renders them all."""
        return self._environment.list_templates()


def _icon_maker(file: str) -> Any:
    @cache
    def icon(name: str) -> Markup:
        """A symbol of icons.svg, drawn in the colour of the text and silent to screen readers."""
        return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>').format(file, escape(name))

    return icon


def dollars(amount: Decimal) -> str:
    """An amount with as many digits as it takes to be more than nothing: $1.23, $0.0042, $0.00."""
    if amount == 0:
        return "$0.00"
    if abs(amount) >= Decimal("0.995"):
        return f"${amount:,.2f}"
    digits = max(2, 1 - amount.adjusted())
    return f"${amount:.{digits}f}"


def duration(seconds: int) -> str:
    """A time that passes: 12 s, 1 min 5 s. clock.js writes it in the same way."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def grouped(number: int) -> str:
    """A number with its thousands apart: 12,345."""
    return f"{number:,}"
