"""What administrators do on their pages, and what comes of it for everybody. Olga is one; Alice and Bob are not."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.fakes.smtp import MailServer
from tests.fakes.upstream import KEY
from tests.test_route_matrix import MODEL, House, alices, open_house
from webapp.accounts.api_tokens_store import ApiTokens
from webapp.accounts.events_store import Events
from webapp.administration.pages import SECTIONS
from webapp.db.tables import Spending
from webapp.standin.server import StandIn

OTHER = "anthropic/claude-haiku-4.5"


class Office(NamedTuple):
    """A running app, and clients of those who have signed in."""

    house: House
    olga: httpx.AsyncClient
    alice: httpx.AsyncClient

    def place(self, name: str) -> str:
        return f"/admin/users/{self.house.people[name].id}"

    async def told(self) -> list[str]:
        """The log, the first line first."""
        events = reversed(await Events(self.house.database).page())
        return [" ".join(filter(None, (one.kind, one.actor, one.subject, one.detail))) for one in events]


@asynccontextmanager
async def open_office(folder: Path, upstream: str, **environ: str) -> AsyncIterator[Office]:
    async with (
        open_house(folder, upstream, **environ) as house,
        house.as_("olga") as olga,
        house.as_("alice") as alice,
    ):
        yield Office(house, olga, alice)


@pytest.fixture
async def office(standin: StandIn, tmp_path: Path) -> AsyncIterator[Office]:
    """An app is to end in the task in which it began, and a fixture ends in another than it begins in."""
    opened: asyncio.Future[Office] = asyncio.get_running_loop().create_future()
    is_over = asyncio.Event()

    async def run() -> None:
        async with open_office(tmp_path, standin.base_url) as office:
            opened.set_result(office)
            await is_over.wait()

    running = asyncio.create_task(run())
    either: list[asyncio.Future[Any]] = [running, opened]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        await running
    yield await opened
    is_over.set()
    await running


# Users


async def test_users_are_listed_with_what_they_have_cost_and_found_by_name(office: Office) -> None:
    page = (await office.olga.get("/admin/users")).text
    assert all(name in page for name in ("olga@example.org", "alice@example.org", "$0.00 this month"))
    found = (await office.olga.get("/admin/users", params={"find": "ali"})).text
    assert "alice@example.org" in found
    assert "bob@example.org" not in found


async def test_a_role_is_changed_and_holds_at_once(office: Office) -> None:
    assert (await office.alice.get("/admin/usage")).status_code == 404
    answer = await office.olga.post(office.place("alice") + "/role", data={"role": "administrator"})
    assert (answer.status_code, answer.headers["location"]) == (303, office.place("alice") + "?saved=1")
    assert (await office.alice.get("/admin/usage")).status_code == 200
    assert await office.told() == ["role_changed olga@example.org alice@example.org administrator"]


async def test_the_last_administrator_is_told_why_not(office: Office) -> None:
    answer = await office.olga.post(office.place("olga") + "/role", data={"role": "member"})
    assert answer.status_code == 409
    assert "olga@example.org is the only administrator" in answer.text
    assert await office.told() == []


async def test_who_gives_the_role_up_is_led_out(office: Office) -> None:
    await office.olga.post(office.place("alice") + "/role", data={"role": "administrator"})
    answer = await office.olga.post(office.place("olga") + "/role", data={"role": "member"})
    assert answer.headers["location"] == "/?saved=1"
    assert (await office.olga.get("/admin/users")).status_code == 404
    assert (await office.olga.get("/")).status_code == 200


async def test_the_way_out_is_on_every_page_of_those_who_have_signed_in(office: Office) -> None:
    own = ("/", "/account", "/account/passkeys", "/settings/key", "/usage", "/library", "/library/personas/new")
    for path in (*own, *(f"/admin/{section}" for section in SECTIONS), office.place("alice"), "/status"):
        page = await office.olga.get(path)
        assert (path, page.status_code, page.text.count('action="/logout"')) == (path, 200, 1)
    office.olga.cookies.clear()
    assert 'action="/logout"' not in (await office.olga.get("/login")).text


async def test_without_mail_an_administrator_sees_the_link_and_the_page_says_what_it_opens(office: Office) -> None:
    page = (await office.olga.get(office.place("alice"))).text
    assert "No mail is set up here, so you see the link" in page
    page = (await office.olga.post(office.place("alice") + "/reset")).text
    assert "/password?token=" in page
    assert "can read their conversations" in page
    told = (await office.alice.get("/account/notices")).text
    assert "olga@example.org made a link" in told
    assert "It has not been used yet." in told
    assert "by olga@example.org, who could see the link" in (await office.alice.get("/account")).text


async def test_with_mail_the_page_never_has_a_link(standin: StandIn, tmp_path: Path) -> None:
    async with MailServer().running() as post:
        mails = {"SMTP_URL": f"smtp://127.0.0.1:{post.port}", "MAIL_FROM": "chat@example.org"}
        async with open_office(tmp_path, standin.base_url, **mails) as office:
            page = await office.olga.post(office.place("alice") + "/reset")
            letter = await post.letter()
            assert letter["To"] == "alice@example.org"
            assert "/password?token=" in letter.get_content()
            assert "token=" not in page.text
            assert "is on its way to alice@example.org" in page.text
            assert (await office.alice.get("/account/notices")).status_code == 303


async def test_a_mail_that_is_not_taken_is_told_of(standin: StandIn, tmp_path: Path) -> None:
    async with MailServer(refuses=True).running() as post:
        mails = {"SMTP_URL": f"smtp://127.0.0.1:{post.port}", "MAIL_FROM": "chat@example.org"}
        async with open_office(tmp_path, standin.base_url, **mails) as office:
            answer = await office.olga.post(office.place("alice") + "/reset")
    assert answer.status_code == 503
    assert "could not be sent" in answer.text
    assert "token=" not in answer.text


async def test_no_other_role_is_taken(office: Office) -> None:
    answer = await office.olga.post(office.place("alice") + "/role", data={"role": "king"})
    assert answer.status_code == 422


async def test_who_is_disabled_is_out_and_can_come_back(office: Office) -> None:
    token = await ApiTokens(office.house.database).add(office.house.people["alice"].id, "script", ["read"], None)
    assert (await office.olga.post(office.place("alice") + "/disable")).status_code == 303
    assert (await office.alice.get("/")).headers["location"].startswith("/login")
    bearer = {"authorization": f"Bearer {token}", "cookie": ""}
    assert (await office.alice.get("/models", headers=bearer)).status_code == 401
    assert "disabled" in (await office.olga.get(office.place("alice"))).text
    assert (await office.olga.post(office.place("alice") + "/enable")).status_code == 303
    async with office.house.as_("alice") as again:
        assert (await again.get("/")).status_code == 200
    assert [line.split()[0] for line in await office.told()] == ["user_disabled", "user_enabled"]


async def test_nobody_disables_themselves(office: Office) -> None:
    answer = await office.olga.post(office.place("olga") + "/disable")
    assert (answer.status_code, "Ask another administrator" in answer.text) == (409, True)
    assert (await office.olga.get("/admin/users")).status_code == 200


async def test_to_delete_somebody_takes_the_name(office: Office) -> None:
    ids = await alices(office.house)
    refused = await office.olga.post(office.place("alice") + "/delete", data={"name": "bob@example.org"})
    assert (refused.status_code, "Nothing was deleted" in refused.text) == (422, True)
    assert (await office.alice.get(f"/c/{ids['conversation_id']}")).status_code == 200
    answer = await office.olga.post(office.place("alice") + "/delete", data={"name": " Alice@example.org "})
    assert answer.headers["location"] == "/admin/users?saved=1"
    assert (await office.olga.get(office.place("alice"))).status_code == 404
    assert (await office.alice.get("/")).headers["location"].startswith("/login")
    assert await office.told() == ["user_deleted olga@example.org alice@example.org"]


async def test_limits_of_one_user_are_set_and_left_out_again(office: Office) -> None:
    place = office.place("alice")
    await office.olga.post(place + "/limits", data={"soft": "2.5", "hard": "$5"})
    page = (await office.olga.get(place)).text
    assert 'value="2.50"' in page
    assert "$0.00 of $5.00" in page
    await office.olga.post(place + "/limits", data={"soft": "", "hard": ""})
    assert "$0.00 of" not in (await office.olga.get(place)).text
    assert [line.partition("alice@example.org ")[2] for line in await office.told()] == [
        "soft $2.50, hard $5.00",
        "soft none, hard none",
    ]


async def test_what_is_no_amount_is_shown_again_with_a_sentence(office: Office) -> None:
    answer = await office.olga.post(office.place("alice") + "/limits", data={"soft": "lots", "hard": "5"})
    assert answer.status_code == 422
    assert "is no amount" in answer.text
    assert 'value="lots"' in answer.text
    assert await office.told() == []


async def test_nothing_that_was_said_is_on_any_page(office: Office) -> None:
    await alices(office.house)
    for page in ("users", "usage", "usage.csv", "models", "budgets", "settings", "events", office.place("alice")[7:]):
        answer = await office.olga.get(f"/admin/{page}")
        assert answer.status_code == 200
        assert "nobody else is to read" not in answer.text
        assert answer.headers["cache-control"] == "no-store"


# Usage


async def test_usage_is_shown_for_a_month_and_can_be_taken_along(office: Office) -> None:
    async with office.house.database.write() as session:
        session.add(
            Spending(
                user_id=office.house.people["alice"].id,
                day="2026-10-31",
                model=MODEL,
                answers=3,
                prompt_tokens=1_000,
                completion_tokens=200,
                cost=Decimal("0.000000000001"),
            )
        )
    page = (await office.olga.get("/admin/usage?month=2026-10")).text
    assert all(part in page for part in ("October 2026", "alice@example.org", MODEL, "1,000", "$0.0000000000010"))
    assert "Nothing was asked in September 2026" in (await office.olga.get("/admin/usage?month=2026-09")).text
    answer = await office.olga.get("/admin/usage.csv?month=2026-10")
    assert answer.headers["content-disposition"] == 'attachment; filename="usage-2026-10.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["user"], row["cost"]) for row in rows] == [("alice@example.org", "0.000000000001")]


@pytest.mark.parametrize("month", ["2026", "2026-13", "' OR 1=1"])
async def test_what_is_no_month_is_refused(office: Office, month: str) -> None:
    for page in ("usage", "usage.csv"):
        assert (await office.olga.get(f"/admin/{page}", params={"month": month})).status_code == 422


# Models


async def allow(office: Office, entry: str) -> None:
    assert (await office.olga.post("/admin/models/allow", data={"entry": entry, "find": "x"})).status_code == 303


async def test_models_are_found_allowed_and_removed(office: Office) -> None:
    assert "All models that the model server offers" in (await office.olga.get("/admin/models")).text
    answer = await office.olga.post("/admin/models/allow", data={"entry": OTHER, "find": "claude haiku"})
    assert answer.headers["location"] == "/admin/models?find=claude+haiku&saved=1"
    page = (await office.olga.get(answer.headers["location"])).text
    assert "These models may be used" in page
    await office.olga.post("/admin/models/remove", data={"entry": OTHER})
    assert "No model may be used" in (await office.olga.get("/admin/models")).text
    await office.olga.post("/admin/models/all", data={"find": ""})
    assert "All models that the model server offers" in (await office.olga.get("/admin/models")).text
    assert [line.partition("org ")[2] for line in await office.told()] == [
        f"models {OTHER} allowed",
        f"models {OTHER} removed",
        "models all allowed",
    ]


async def test_what_is_no_model_is_refused_on_the_page(office: Office) -> None:
    answer = await office.olga.post("/admin/models/allow", data={"entry": "no model", "find": ""})
    assert (answer.status_code, "is no model" in answer.text) == (422, True)


async def test_what_may_not_be_used_is_refused_everywhere_and_to_everybody(office: Office) -> None:
    ids = await alices(office.house)
    await allow(office, OTHER)
    for client in (office.alice, office.olga):
        sent = await client.post("/c", data={"message": "Hello", "model": MODEL})
        assert sent.status_code == 403
        assert f"The model &#39;{MODEL}&#39; is not allowed here" in sent.text
        assert "Hello" in sent.text, "the text is still in the box"
        assert [one["id"] for one in (await client.get("/models")).json()] == [OTHER]
    conversation = ids["conversation_id"]
    sent = await office.alice.post(f"/conversations/{conversation}/messages", json={"message": "More", "model": MODEL})
    assert (sent.status_code, sent.json()["code"]) == (403, "model_not_allowed")
    for act in ("retry", "continue"):
        answer = await office.alice.post(f"/messages/{ids['answer_id']}/{act}", data={"model": ""})
        assert (act, answer.status_code) == (act, 403)


async def test_a_conversation_whose_model_is_not_allowed_any_more_says_so_and_goes_on_with_another(
    office: Office,
) -> None:
    ids = await alices(office.house)
    await allow(office, OTHER)
    place = f"/c/{ids['conversation_id']}"
    page = (await office.alice.get(place)).text
    assert f"The model &#39;{MODEL}&#39; is not allowed here. Choose another from the list." in page
    sent = await office.alice.post(f"{place}/messages", data={"message": "More", "model": OTHER})
    assert sent.status_code == 303
    assert "is not allowed here" not in (await office.alice.get(place)).text


async def test_new_conversations_begin_with_a_model_that_may_be_used(office: Office) -> None:
    await alices(office.house)
    await allow(office, OTHER)
    assert "is not allowed here" not in (await office.alice.get("/")).text
    made = (await office.alice.post("/conversations")).json()
    assert (await office.alice.get(f"/conversations/{made['id']}")).json()["model"] == OTHER


async def test_what_the_environment_says_is_locked(standin: StandIn, tmp_path: Path) -> None:
    environ = {"ALLOWED_MODELS": f"{MODEL}, anthropic/*", "MONTHLY_HARD_LIMIT": "20"}
    async with open_office(tmp_path, standin.base_url, **environ) as office:
        page = (await office.olga.get("/admin/models?find=claude")).text
        assert "<code>ALLOWED_MODELS</code> is set in the environment" in page
        assert "<button" not in page.split("<main")[1]
        for act in ("allow", "remove", "all"):
            answer = await office.olga.post(f"/admin/models/{act}", data={"entry": OTHER})
            assert (act, answer.status_code) == (act, 403)
        page = (await office.olga.get("/admin/budgets")).text
        assert "<code>MONTHLY_HARD_LIMIT</code> is set in the environment" in page
        assert 'value="20" disabled' in page
        answer = await office.olga.post("/admin/budgets", data={"soft": "", "hard": "50"})
        assert (answer.status_code, "that wins" in answer.text) == (403, True)
        assert (await office.olga.post("/admin/budgets", data={"soft": "10"})).status_code == 303
        assert "$0.00 of $20.00" in (await office.olga.get(office.place("alice"))).text
        assert [line.split()[0] for line in await office.told()] == ["options_changed"]


# Budgets


async def test_the_installation_s_limits_hold_for_all_without_own_ones(office: Office) -> None:
    await office.olga.post(office.place("alice") + "/limits", data={"soft": "", "hard": "7.5"})
    assert (await office.olga.post("/admin/budgets", data={"soft": "1", "hard": "20"})).status_code == 303
    assert "$0.00 of $20.00" in (await office.olga.get(office.place("bob"))).text
    assert "$0.00 of $7.50" in (await office.olga.get(office.place("alice"))).text
    answer = await office.olga.post("/admin/budgets", data={"soft": "30", "hard": "20"})
    assert (answer.status_code, "above the hard one" in answer.text) == (422, True)
    assert 'value="1"' in (await office.olga.get("/admin/budgets")).text


# Settings and the log


async def test_settings_tell_who_has_said_what_and_no_secret(office: Office) -> None:
    await office.olga.post("/admin/budgets", data={"soft": "1", "hard": ""})
    page = (await office.olga.get("/admin/settings")).text
    assert KEY not in page
    for variable, said in (
        ("OPENROUTER_API_KEY", "set in the environment"),
        ("MONTHLY_SOFT_LIMIT", '<a href="/admin/budgets">chosen here</a>'),
        ("ALLOWED_MODELS", 'default; <a href="/admin/models">choose</a>'),
        ("LOG_LEVEL", "default"),
    ):
        assert said in page.partition(f'id="{variable}"')[2].partition("</li>")[0], variable


async def test_the_log_is_read_a_page_at_a_time_by_kind_and_person(office: Office) -> None:
    events = Events(office.house.database)
    for _ in range(60):
        await office.olga.post(office.place("alice") + "/enable")
    await office.olga.post(office.place("bob") + "/enable")
    await office.olga.post("/admin/models/all", data={"find": ""})
    first = (await office.olga.get("/admin/events")).text
    assert first.count('<li class="line">') == 50
    more = (await events.page(limit=50))[-1].id
    assert f"/admin/events?before={more}" in first
    assert (await office.olga.get(f"/admin/events?before={more}")).text.count('<li class="line">') == 12
    by_kind = (await office.olga.get("/admin/events?kind=options_changed")).text
    assert by_kind.count('<li class="line">') == 1
    by_person = (await office.olga.get("/admin/events", params={"person": "BOB@"})).text
    assert by_person.count('<li class="line">') == 1
    assert "Nothing has happened of that kind" in (await office.olga.get("/admin/events?person=nobody")).text
    assert (await office.olga.get("/admin/events?before=x")).status_code == 404


# Without accounts


async def test_without_accounts_there_are_no_users_and_all_the_rest(standin: StandIn, tmp_path: Path) -> None:
    async with open_house(tmp_path, standin.base_url, AUTH="off") as house, house.as_("charlie") as me:
        assert "Nobody signs in here" in (await me.get("/admin/users")).text
        assert (await me.get("/admin")).headers["location"] == "/admin/usage"
        for page in ("usage", "usage.csv", "models", "budgets", "settings", "events"):
            assert (page, (await me.get(f"/admin/{page}")).status_code) == (page, 200)
        bob = f"/admin/users/{house.people['bob'].id}"
        assert (await me.get(bob)).status_code == 404
        for act in ("role", "limits", "disable", "enable", "delete"):
            form = {"role": "member", "name": "bob@example.org"}
            assert (act, (await me.post(f"{bob}/{act}", data=form)).status_code) == (act, 404)


async def test_the_way_here_is_shown_to_administrators_alone(office: Office) -> None:
    assert 'href="/admin"' in (await office.olga.get("/")).text
    assert 'href="/admin"' not in (await office.alice.get("/")).text
