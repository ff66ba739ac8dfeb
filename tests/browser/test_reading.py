"""Ask and read, whatever happens to the connection."""

import asyncio
import re

from playwright.async_api import expect

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.upstream import Upstream
from tests.fakes.wire import Wire
from webapp.standin.steps import Cite, Hold, Reason, Say, Show


async def test_ask_and_read(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("hello", Say("**Hel"), Hold("a"), Say("lo** there.\n\n- one\n- two\n"), Hold("b"))
    await screen.ask("Say hello", model)
    await screen.sees_growing("Hel")
    await expect(screen.questions).to_have_text("Say hello")
    await expect(screen.box).to_have_value("")
    await upstream.open("hello", "a")
    await expect(screen.text.locator("strong").first).to_have_text("Hello")
    await upstream.open("hello", "b")
    await screen.sees_ended()
    await expect(screen.answer.locator("li")).to_have_text(["one", "two"])
    assert screen.path.startswith("/c/")
    await expect(screen.list.get_by_role("link", name="Say hello")).to_have_attribute("aria-current", "page")
    await screen.reload()
    await expect(screen.answer.locator("strong")).to_have_text("Hello")


async def test_a_second_question_goes_below_the_first(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.takes("two", [Say("First answer.")], [Say("Second answer.")])
    await screen.ask("One", model)
    await screen.sees_answer("First answer.")
    await screen.ask("Two")
    await screen.sees_answer("Second answer.")
    await expect(screen.questions).to_have_text(["One", "Two"])
    await expect(screen.answers).to_have_count(2)
    seen = await upstream.arrived("two", 2)
    assert [(message["role"], message["content"]) for message in seen.json["messages"]] == [
        ("user", "One"),
        ("assistant", "First answer."),
        ("user", "Two"),
    ]


async def test_thoughts_are_shown_apart(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("think", Reason("**Plan**\n\nLet me "), Reason("see."), Hold("a"), Say("Done."))
    await screen.ask("Think", model)
    thoughts = screen.answer.locator(".reasoning__text")
    await expect(screen.answer.locator(".reasoning > summary")).to_contain_text("Thinking · ")
    await expect(thoughts).to_have_text("**Plan**\n\nLet me see.")
    await upstream.open("think", "a")
    await screen.sees_answer("Done.")
    await expect(thoughts).to_be_hidden()
    for _ in range(2):
        await screen.answer.get_by_text("Thought for 1 s").click()
        await expect(thoughts.locator("p")).to_have_text(["Plan", "Let me see."])
        await expect(thoughts.locator("strong")).to_have_text("Plan")
        await screen.reload()


async def test_thoughts_that_the_reader_closed_or_opened_stay_so(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("held", Reason("One. "), Hold("a"), Reason("Two."), Hold("b"), Say("Done."))
    thoughts, summary = screen.answer.locator(".reasoning__text"), screen.answer.locator(".reasoning > summary")
    await screen.ask("Think", model)
    await expect(thoughts).to_be_visible()
    await summary.click()
    await expect(thoughts).to_be_hidden()
    await upstream.open("held", "a")
    await expect(thoughts).to_have_text("One. Two.")
    await expect(thoughts).to_be_hidden()
    await summary.click()
    await upstream.open("held", "b")
    await screen.sees_answer("Done.")
    await expect(thoughts).to_be_visible()


async def test_thoughts_with_a_selection_are_not_folded(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("picked", Reason("Choose me."), Hold("a"), Say("Done."))
    thoughts = screen.answer.locator(".reasoning__text")
    await screen.ask("Think", model)
    await thoughts.select_text()
    await upstream.open("picked", "a")
    await screen.sees_answer("Done.")
    await expect(thoughts).to_be_visible()


async def test_growing_thoughts_follow_their_end_unless_one_reads_above(screen: Screen, upstream: Upstream) -> None:
    many = "".join(f"Thought {number}.\n" for number in range(100))
    model = await upstream.script("box", Reason(many), Hold("a"), Reason(many), Hold("b"), Reason(many), Hold("c"))
    thoughts = screen.answer.locator(".reasoning__text")
    below = "(box) => box.scrollHeight - box.scrollTop - box.clientHeight"
    await screen.ask("Think", model)
    await expect(thoughts).to_contain_text("Thought 99.")
    assert await thoughts.evaluate(below) < 2
    await upstream.open("box", "a")
    await expect(thoughts.get_by_text("Thought 99.")).to_have_count(1)
    await screen.reload()
    await expect(thoughts).to_be_visible()
    # As with a wheel, nothing comes between the scroll and the event that tells of it.
    await thoughts.evaluate("async (box) => { box.scrollTop = 100; await new Promise(requestAnimationFrame); }")
    await upstream.open("box", "b")
    await upstream.reached("box", "c")
    await expect(thoughts).to_have_text(many * 3)
    assert await thoughts.evaluate("(box) => box.scrollTop") == 100
    await screen.button("Stop the answer").click()
    await expect(screen.answer).to_contain_text("Thought for")


async def test_a_reload_in_mid_answer_goes_on_where_it_was(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("reload", Say("Part one.\n\nPart "), Hold("a"), Say("two."))
    await screen.ask("Go", model)
    await screen.sees_growing("Part")
    await screen.reload()
    await screen.sees_growing("Part one.")
    await upstream.open("reload", "a")
    await screen.sees_ended()
    await expect(screen.text.locator("p")).to_have_text(["Part one.", "Part two."])


async def test_a_closed_tab_loses_nothing(screen: Screen, upstream: Upstream, open_screen: OpenScreen) -> None:
    model = await upstream.script("closed", Say("Start "), Hold("a"), Say("and end."))
    await screen.ask("Go", model)
    await screen.sees_growing("Start")
    path = screen.path
    await screen.page.close()
    await upstream.open("closed", "a")
    await upstream.ended("closed")
    later = await open_screen(path)
    await later.sees_answer("Start and end.")


async def test_a_connection_cut_ten_times_changes_nothing(
    screen: Screen, upstream: Upstream, open_screen: OpenScreen, server: AppServer
) -> None:
    pieces = [f"## Part {n}\n\nSome *words* of part {n}, and\n\n- an item\n- another `{n}`\n\n" for n in range(11)]
    script = [step for number, piece in enumerate(pieces) for step in (Say(piece), Hold(f"gate{number}"))]
    async with Wire(int(server.url.rsplit(":", 1)[1])) as wire:
        disturbed = await open_screen(url=wire.url)
        model = await upstream.script("cut", *script)
        await disturbed.ask("Go", model)
        await disturbed.sees_growing("part 0")
        calm = screen
        await calm.open(disturbed.path)
        for number in range(10):
            await calm.sees_growing(f"part {number}")
            await disturbed.sees_growing(f"part {number}")
            wire.cut()
            await upstream.open("cut", f"gate{number}")
        await disturbed.sees_growing("part 10")
        assert wire.cuts == 10
        assert await _live_html(disturbed) == await _live_html(calm)
        await upstream.open("cut", "gate10")
        await disturbed.sees_ended()
        await calm.sees_ended()
        assert await disturbed.html() == await calm.html()
        await expect(disturbed.text.locator("h3")).to_have_count(11)


async def _live_html(screen: Screen) -> str:
    parts = await screen.answer.locator(".prose").all()
    return "".join([await part.inner_html() for part in parts])


async def test_two_tabs_grow_together(screen: Screen, upstream: Upstream, open_screen: OpenScreen) -> None:
    model = await upstream.script("tabs", Say("Seen "), Hold("a"), Say("twice."))
    await screen.ask("Go", model)
    await screen.sees_growing("Seen")
    other = await open_screen(screen.path)
    await other.sees_growing("Seen")
    await upstream.open("tabs", "a")
    await asyncio.gather(screen.sees_answer("Seen twice."), other.sees_answer("Seen twice."))


async def test_back_and_forward(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.takes("history", [Say("Old answer.")], [Say("New "), Hold("a"), Say("answer.")])
    await screen.ask("Old question", model)
    await screen.sees_answer("Old answer.")
    await screen.list.get_by_role("link", name="New conversation").click()
    await expect(screen.answers).to_have_count(0)
    await screen.ask("New question", model)
    await screen.sees_growing("New")
    await screen.back()
    await expect(screen.answers).to_have_count(0)
    await expect(screen.page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    await screen.back()
    await screen.sees_answer("Old answer.")
    await screen.forward()
    await expect(screen.answers).to_have_count(0)
    await screen.forward()
    await screen.sees_growing("New")
    await upstream.open("history", "a")
    await screen.sees_answer("New answer.")


async def test_a_picture_comes_from_our_own_address(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("picture", Say("Here:"), Show(seed=3))
    await screen.ask("Draw", model)
    await screen.sees_answer("Here:")
    picture = screen.answer.get_by_role("img", name="A picture that the model made")
    await expect(picture).to_have_attribute("src", re.compile("^/pictures/"))
    assert await picture.evaluate("async (picture) => { await picture.decode(); return picture.naturalWidth; }") > 0


async def test_sources_are_listed_with_their_hosts(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script(
        "sources",
        Cite("https://www.example.org/a", "Example"),
        Cite("javascript:alert(1)", "Evil"),
        Say("Read."),
        Hold("a"),
    )
    await screen.ask("Search", model)
    sources = screen.answer.get_by_role("list", name="Sources")
    await screen.sees_growing("Read.")
    await expect(sources).to_have_count(0)  # it would slide below the text
    await upstream.open("sources", "a")
    await screen.sees_answer("Read.")
    await expect(sources.get_by_role("listitem")).to_have_text("example.org Example")
    await expect(sources.get_by_role("link")).to_have_attribute("href", "https://www.example.org/a")


async def test_an_answer_of_the_stand_in_reads_well(screen: Screen) -> None:
    await screen.ask("Compare two databases in a table", "openai/gpt-5.6")
    await screen.sees_ended()
    await expect(screen.answer.get_by_role("table").first).to_be_visible()
    await expect(screen.answer).to_contain_text("stand-in")
    await expect(screen.answer.locator("footer")).to_contain_text("$")
