"""Pages from templates. Each gets one typed context, `page`; a name that is not there is an error, not a gap."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from msgspec import Struct

from webapp.web.assets import Assets


class Templates:
    def __init__(self, folder: Path, assets: Assets, **names: Any) -> None:
        """`names` are known to every template, beside `page`, `asset` and `icon`."""
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals.update(asset=assets.url, icon=_icon_maker(assets), **names)
        self._environment.filters.update(dollars=dollars, grouped=grouped)

    def render(self, name: str, page: Struct) -> str:
        return self._environment.get_template(name).render(page=page)

    def names(self) -> list[str]:
        """Every template, for the test that renders them all."""
        return self._environment.list_templates()


def _icon_maker(assets: Assets) -> Any:
    def icon(name: str) -> Markup:
        """A symbol of icons.svg, drawn in the colour of the text and silent to screen readers."""
        return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>').format(
            assets.url("icons.svg"), escape(name)
        )

    return icon


def dollars(amount: Decimal) -> str:
    """An amount with as many digits as it takes to be more than nothing: $1.23, $0.0042, $0.00."""
    if amount == 0:
        return "$0.00"
    if abs(amount) >= Decimal("0.995"):
        return f"${amount:,.2f}"
    digits = max(2, 1 - amount.adjusted())
    return f"${amount:.{digits}f}"


def grouped(number: int) -> str:
    """A number with its thousands apart: 12,345."""
    return f"{number:,}"
