"""Every template in each of its states: nothing is missing, the HTML is sound, and what people wrote stays text."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import pytest
from jinja2 import Environment, meta
from markupsafe import Markup as Safe
from msgspec import Struct
from msgspec.structs import replace

from tests.fakes.markup import Markup
from webapp.app import ROOT
from webapp.catalog.models import Model
from webapp.conversations.messages import Conversation, Message, Receipt, Source, Status
from webapp.conversations.pages import (
    ChatPage,
    ConversationList,
    FinishedTurn,
    ListedConversation,
    ListPage,
    NewTurns,
    Turn,
    make_composer,
)
from webapp.conversations.presenter import LiveHead, Sources
from webapp.db.types import new_id
from webapp.web.assets import Assets
from webapp.web.errors import ErrorPage
from webapp.web.templating import Templates

NOW: Final = datetime(2026, 11, 1, tzinfo=UTC)
EVIL: Final = """"'><script>alert(1)</script><img src=x onerror="alert(1)">{{ 7 * 7 }}</textarea></title>"""

MODELS: Final = (
    Model("maker/one", "Maker: One", prompt_price=Decimal("0.000003"), completion_price=Decimal("0.000015")),
    Model("maker/two", "Maker: Two"),
    Model("other/free", "Other: Free", prompt_price=Decimal(0), completion_price=Decimal(0)),
)
FULL_RECEIPT: Final = Receipt(
    model="maker/one", provider="Provider", completion_tokens=12_345, cost=Decimal("0.0042"), finish_reason="stop"
)
SOURCES: Final = (Source("https://www.example.org/a?b=c&d", "A page"), Source("https://example.org/untitled", ""))
CONVERSATION: Final = Conversation(new_id(), "A title", "maker/one", "", new_id(), NOW, NOW)


def message(role: str = "assistant", status: Status = Status.COMPLETE, **fields: object) -> Message:
    made = Message(new_id(), CONVERSATION.id, new_id(), None, "assistant", "Text.", status, NOW)
    return replace(made, role=role, **fields)


def turn(made: Message, **fields: object) -> Turn:
    shown = Turn(made, f"m-{made.id}", Safe("<p>Text.</p>"), "One", reasoning=made.reasoning, sources=made.sources)
    return replace(shown, **fields)


QUESTION: Final = turn(message("user"))
TURNS: Final[dict[str, Turn]] = {
    "question": QUESTION,
    "complete": turn(message(receipt=FULL_RECEIPT)),
    "complete with everything": turn(
        message(receipt=FULL_RECEIPT, reasoning="Hm.", sources=SOURCES, pictures=(new_id(), new_id()))
    ),
    "cut at the limit": turn(message(receipt=Receipt(finish_reason="length"))),
    "cut by a filter": turn(message(receipt=Receipt(finish_reason="content_filter"))),
    "stopped": turn(message(status=Status.STOPPED)),
    "stopped before the first word": turn(message(status=Status.STOPPED, content=""), body=Safe()),
    "interrupted": turn(message(status=Status.INTERRUPTED)),
    "interrupted by an error": turn(
        message(status=Status.INTERRUPTED, error_code="cut", error_message="It broke off.")
    ),
    "failed": turn(message(status=Status.FAILED, content="", error_message="No credit."), body=Safe(), model_name=""),
    "failed without a word": turn(message(status=Status.FAILED, content=""), body=Safe()),
    "growing from nothing": turn(message(status=Status.STREAMING, content=""), body=Safe(), cursor="0-0-0"),
    "growing": turn(
        message(status=Status.STREAMING, reasoning="Hm.", sources=SOURCES), tail=Safe("<p>Op</p>"), cursor="5-3-2"
    ),
}

LIST: Final = ConversationList(
    (ListedConversation(CONVERSATION.id, "A title", True), ListedConversation(new_id(), "Another", False)), None
)
LISTS: Final[dict[str, ConversationList]] = {
    "": LIST,
    "empty list": ConversationList((), None),
    "longer list": replace(LIST, older_url=f"/c?before={CONVERSATION.id}"),
}
COMPOSER: Final = make_composer(MODELS, "maker/one", CONVERSATION.id)
NEW_COMPOSER: Final = make_composer(MODELS, "maker/one", None)
COMPOSERS: Final = {
    "": COMPOSER,
    "an answer grows": replace(COMPOSER, live_answer=new_id()),
    "refused": replace(COMPOSER, text="What I wrote", error="The message is too long."),
    "no models": make_composer((), "maker/unlisted", CONVERSATION.id),
    "no model chosen": make_composer(MODELS, "", CONVERSATION.id),
}

CHAT: Final = ChatPage("A title", LIST, COMPOSER, False, CONVERSATION, (QUESTION, TURNS["complete"]))
NEW_CHAT: Final = ChatPage("New conversation", LIST, NEW_COMPOSER, False)
CHATS: Final[dict[str, ChatPage]] = {
    "whole": replace(CHAT, turns=tuple(TURNS.values())),
    "new": NEW_CHAT,
    "new, refused": replace(NEW_CHAT, composer=replace(NEW_COMPOSER, text="What I wrote", error="No.")),
    "demo": replace(CHAT, is_demo=True),
    "earlier": replace(CHAT, earlier_url=f"/c/{CONVERSATION.id}?before={new_id()}"),
    "without messages": replace(CHAT, turns=()),
    **{name: replace(CHAT, turns=(one,)) for name, one in TURNS.items()},
    **{name: replace(CHAT, composer=composer) for name, composer in COMPOSERS.items()},
    **{name: replace(CHAT, list=one) for name, one in LISTS.items()},
}

# What each template is rendered with. Partials come with the templates that include them.
STATES: Final[dict[str, dict[str, Struct]]] = {
    "conversations/page.html": {**CHATS},
    "conversations/create_conversation.hx.html": {"": replace(CHAT, turns=(QUESTION, TURNS["growing"]))},
    "conversations/create_message.hx.html": {
        name: NewTurns((QUESTION, TURNS[name]), LIST, COMPOSERS[button])
        for name, button in (("growing", "an answer grows"), ("complete", ""))
    },
    "conversations/show_message.hx.html": {
        **{name: FinishedTurn(one, COMPOSER) for name, one in TURNS.items()},
        "begins anew": FinishedTurn(TURNS["growing"], COMPOSERS["an answer grows"]),
    },
    "conversations/sources.hx.html": {"": Sources(SOURCES), "none": Sources(())},
    "conversations/list.html": {name: ListPage("Older conversations", one, False) for name, one in LISTS.items()},
    "conversations/list.hx.html": {name: ListPage("Older conversations", one, False) for name, one in LISTS.items()},
    "conversations/live.html": {"": LiveHead("Answer")},
    "errors/page.html": {"": ErrorPage(404, "Not Found", "There is nothing at this address.")},
    "errors/_refusal.html": {"": ErrorPage(409, "Conflict", "Not now.")},
}
ROWS: Final = [
    pytest.param(name, page, id=f"{name}: {state}") for name in STATES for state, page in STATES[name].items()
]
OPEN_ON_PURPOSE: Final = {"conversations/live.html": ["html", "body"]}  # the rest of it is the answer


@pytest.fixture(scope="module")
def templates() -> Templates:
    assets = Assets(ROOT / "static", ROOT / "node_modules" / "htmx.org")
    return Templates(ROOT / "templates", assets, app_title="Open Chat")


def test_every_template_is_rendered_here(templates: Templates) -> None:
    reached = set(STATES)
    for _ in range(5):  # partials of partials
        reached |= {other for name in reached for other in references_of(name)}
    assert set(templates.names()) == reached


def references_of(name: str) -> set[str]:
    source = (ROOT / "templates" / name).read_text()
    return {other for other in meta.find_referenced_templates(Environment(autoescape=True).parse(source)) if other}


@pytest.mark.parametrize(("name", "page"), ROWS)
def test_it_is_sound(templates: Templates, name: str, page: Struct) -> None:
    read = Markup(templates.render(name, page))
    assert read.problems == []
    assert read.open == OPEN_ON_PURPOSE.get(name, [])


@pytest.mark.parametrize(("name", "page"), ROWS)
def test_a_whole_page_has_all_that_it_refers_to(templates: Templates, name: str, page: Struct) -> None:
    html = templates.render(name, page)
    if "</html>" in html:
        assert Markup(html).dangling() == []
        assert html.count("<title>") == html.count("<main") == html.count("<h1") == 1


# What people and models wrote


def evil_turn() -> Turn:
    made = message(
        status=Status.INTERRUPTED,
        content=EVIL,
        error_message=EVIL,
        reasoning=EVIL,
        sources=(Source(f"https://example.org/{EVIL}", EVIL), Source("https://example.org/", "")),
        receipt=Receipt(model=EVIL, completion_tokens=1),
    )
    return turn(made, model_name=EVIL)


EVIL_LIST: Final = ConversationList((ListedConversation(new_id(), EVIL, False),), f"/c?before={EVIL}")
EVIL_COMPOSER: Final = replace(
    make_composer((Model(EVIL, f"{EVIL}: {EVIL}"),), EVIL, CONVERSATION.id), text=EVIL, error=EVIL, client_id=EVIL
)
EVIL_TURNS: Final = (turn(message("user", content=EVIL)), evil_turn())
EVIL_PAGES: Final[dict[str, Struct]] = {
    "conversations/page.html": ChatPage(
        EVIL, EVIL_LIST, EVIL_COMPOSER, True, replace(CONVERSATION, title=EVIL), EVIL_TURNS, f"/c/x?before={EVIL}"
    ),
    "conversations/create_message.hx.html": NewTurns(EVIL_TURNS, EVIL_LIST, EVIL_COMPOSER),
    "conversations/show_message.hx.html": FinishedTurn(EVIL_TURNS[1], EVIL_COMPOSER),
    "conversations/sources.hx.html": Sources(EVIL_TURNS[1].sources),
    "conversations/list.html": ListPage(EVIL, EVIL_LIST, False),
    "conversations/live.html": LiveHead(EVIL),
    "errors/page.html": ErrorPage(422, "Invalid", EVIL),
    "errors/_refusal.html": ErrorPage(422, "Invalid", EVIL),
}


@pytest.mark.parametrize("name", EVIL_PAGES)
def test_what_people_wrote_stays_text(templates: Templates, name: str) -> None:
    html = templates.render(name, EVIL_PAGES[name])
    read = Markup(html)
    assert read.problems == []
    assert read.open == OPEN_ON_PURPOSE.get(name, [])
    assert EVIL in "".join(read.text)
    assert "<script>" not in html
    assert "<img src=x" not in html


def test_what_a_renderer_gave_is_shown_as_html(templates: Templates) -> None:
    html = templates.render("conversations/show_message.hx.html", FinishedTurn(TURNS["complete"], COMPOSER))
    assert "<p>Text.</p>" in html


# What each state tells and offers


def shown(templates: Templates, state: str) -> str:
    return templates.render("conversations/show_message.hx.html", FinishedTurn(TURNS[state], COMPOSER))


@pytest.mark.parametrize(
    ("state", "offers", "tells"),
    [
        ("complete", {"retry"}, ["12,345 tokens", "$0.0042", "One"]),
        ("cut at the limit", {"retry", "continue"}, ["limit"]),
        ("cut by a filter", {"retry"}, ["filter"]),
        ("stopped", {"retry", "continue"}, ["Stopped"]),
        ("stopped before the first word", {"retry"}, ["Stopped"]),
        ("interrupted", {"retry", "continue"}, ["Interrupted"]),
        ("interrupted by an error", {"retry", "continue"}, ["It broke off."]),
        ("failed", {"retry"}, ["No credit."]),
        ("failed without a word", {"retry"}, ["No answer came."]),
        ("growing", set(), ["Op", "Hm."]),
        ("question", set(), ["Text."]),
    ],
)
def test_an_answer_tells_how_it_stands_and_offers_a_way_on(
    templates: Templates, state: str, offers: set[str], tells: list[str]
) -> None:
    html = shown(templates, state)
    actions = f'action="/messages/{TURNS[state].message.id}/'
    assert {part.partition('"')[0] for part in html.split(actions)[1:]} == offers
    text = "".join(Markup(html).text)
    assert [words for words in tells if words not in text] == []


def test_only_a_growing_answer_is_followed(templates: Templates) -> None:
    assert [state for state in TURNS if "hx-sse:connect" in shown(templates, state)] == [
        "growing from nothing",
        "growing",
    ]
    growing = TURNS["growing"]
    assert f'hx-sse:connect="/messages/{growing.message.id}/events?after={growing.cursor}"' in shown(
        templates, "growing"
    )


def test_an_answer_that_grows_can_be_stopped(templates: Templates) -> None:
    composer = COMPOSERS["an answer grows"]
    html = templates.render("conversations/page.html", replace(CHAT, composer=composer))
    assert f'action="/messages/{composer.live_answer}/stop"' in html
    assert "/stop" not in templates.render("conversations/page.html", CHAT)


def test_a_refused_message_is_still_in_its_box(templates: Templates) -> None:
    html = templates.render("conversations/page.html", CHATS["refused"])
    assert ">What I wrote</textarea>" in html
    assert "The message is too long." in html


def test_the_chosen_model_is_selected_whether_it_is_listed_or_not(templates: Templates) -> None:
    for state, chosen in (("whole", "maker/one"), ("no models", "maker/unlisted")):
        html = templates.render("conversations/page.html", CHATS[state])
        assert html.count(" selected>") == 1
        assert f'<option value="{chosen}" selected>' in html
