"""What a reader chose for the look of pages: read strictly from a cookie, kept by a form, never a way elsewhere."""

import re
from typing import Any, Final, get_args
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Request, get
from litestar.types import ControllerRouterHandler
from msgspec.structs import asdict, fields

from tests.fakes.asgi import asking
from webapp.app import ROOT
from webapp.web.appearance import (
    COOKIE,
    DEFAULT,
    YEAR,
    Appearance,
    Reader,
    appearance_of,
    appearance_router,
)
from webapp.web.assets import Assets
from webapp.web.errors import ErrorHandler, ErrorPage
from webapp.web.places import local_place
from webapp.web.templating import Templates

HANDLERS: Final[tuple[ControllerRouterHandler, ...]] = (appearance_router,)
CHOSEN: Final = Appearance("dark", "large", "compact", "off")
CHOICES: Final = {field.name: get_args(field.type) for field in fields(Appearance)}


@pytest.fixture(scope="module")
def templates() -> Templates:
    assets = Assets(ROOT / "static", ROOT / "node_modules")
    return Templates(ROOT / "templates", assets, app_title="Open Chat")


async def send(templates: Templates, data: dict[str, str], **headers: str) -> httpx.Response:
    async with asking(*HANDLERS, exception_handlers={Exception: ErrorHandler(templates)}) as client:
        return await client.post(
            "/appearance", data=data, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )


# The cookie


@given(st.builds(Appearance, **{name: st.sampled_from(words) for name, words in CHOICES.items()}))
def test_what_was_chosen_is_read_again(chosen: Appearance) -> None:
    assert Appearance.parse(chosen.cookie()) == chosen


@given(st.text())
def test_any_cookie_is_one_of_the_choices(cookie: str) -> None:
    assert all(word in CHOICES[name] for name, word in asdict(Appearance.parse(cookie)).items())


@pytest.mark.parametrize(
    ("cookie", "read"),
    [
        ("", DEFAULT),
        ("dark", Appearance("dark")),
        ("dark.large.compact.off.more", CHOSEN),
        ("Dark.huge.compact", Appearance(density="compact")),
        ('dark".large', Appearance(size="large")),
        ("large.dark", DEFAULT),
    ],
)
def test_what_there_is_not_to_choose_is_the_default(cookie: str, read: Appearance) -> None:
    assert Appearance.parse(cookie) == read


@pytest.mark.parametrize(
    ("cookie", "offset"),
    [("", 0), ("120", 120), ("-570", -570), ("9999", 0), ("x", 0), ("1.5", 0), ("\u0661", 0)],
)
async def test_the_reader_s_clock_is_what_a_script_has_told(cookie: str, offset: int) -> None:
    @get("/")
    async def show(request: Request[Any, Any, Any]) -> int:
        return appearance_of(request).offset

    async with asking(show) as client:
        told = await client.get("/", headers=[(b"cookie", f"appearance=dark; offset={cookie}".encode())])
    assert told.json() == offset


# The form


async def test_a_choice_is_kept_for_a_year_and_the_page_shown_again(templates: Templates) -> None:
    answer = await send(templates, asdict(CHOSEN), referer="http://localhost/c/1?before=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/c/1?before=2")
    kept = answer.headers["set-cookie"].lower()
    assert kept.startswith(f"{COOKIE}={CHOSEN.cookie()};")
    assert {part.strip() for part in kept.split(";")[1:]} >= {f"max-age={YEAR}", "path=/"}


async def test_a_page_with_scripts_stays_as_it_is(templates: Templates) -> None:
    answer = await send(templates, asdict(CHOSEN), hx_request="true")
    assert (answer.status_code, answer.content) == (204, b"")
    assert CHOSEN.cookie() in answer.headers["set-cookie"]


async def test_what_there_is_not_to_choose_is_refused(templates: Templates) -> None:
    answer = await send(templates, {"theme": "pink"})
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("referrer", "place"),
    [
        ("", "/"),
        ("http://localhost/c/1", "/c/1"),
        ("https://evil.example/c?x=y", "/c?x=y"),
        ("http://localhost//evil.example", "/"),
        ("http://localhost/\\evil.example", "/"),
        ("http://localhost/\t/evil.example", "/"),
        ("//evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("http://[", "/"),
    ],
)
def test_the_way_back_is_on_this_server(referrer: str, place: str) -> None:
    assert local_place(referrer) == place


@given(st.text(alphabet="/\\:.?#@[]ax\t\n "))
def test_no_referrer_leads_elsewhere(referrer: str) -> None:
    place = local_place(referrer)
    assert place.startswith("/")
    assert urlsplit(place.replace("\\", "/")).netloc == ""


# The pages


def test_the_panel_offers_every_choice_and_marks_the_chosen_ones(templates: Templates) -> None:
    html = templates.render("layouts/_appearance.html", ErrorPage(0, "", ""), Reader(**asdict(CHOSEN)))
    inputs = re.findall(r'<input [^>]*name="(\w+)" value="(\w+)"( checked)?>', html)
    offered = {(name, word) for name, words in CHOICES.items() for word in words}
    assert {(name, value) for name, value, _ in inputs} == offered
    assert {name: value for name, value, checked in inputs if checked} == asdict(CHOSEN)


@pytest.mark.parametrize("theme", CHOICES["theme"])
def test_a_page_is_in_its_theme_before_its_styles_have_come(templates: Templates, theme: str) -> None:
    html = templates.render(
        "errors/page.html", ErrorPage(404, "Not found", ""), Reader(**asdict(Appearance.parse(theme)))
    )
    assert f'data-theme="{theme}"' in html
    scheme = re.search(r'name="color-scheme" content="([^"]+)"', html)
    assert scheme is not None
    assert scheme[1] == {"system": "light dark"}.get(theme, theme)
    media = dict(re.findall(r'data-scheme="(\w+)" media="([^"]+)"', html))
    assert [one for one, when in media.items() if when == "all"] == ([] if theme == "system" else [theme])
