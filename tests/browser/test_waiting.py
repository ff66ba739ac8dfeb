"""What is told while one waits: for whom, for how long, how far it is, and what went wrong."""

import re

from playwright.async_api import Locator, expect

from tests.browser.geometry import scrolled
from tests.browser.screen import Screen
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Hold, Reason, Say


def line(screen: Screen) -> Locator:
    """The line below a growing answer."""
    return screen.answer.locator(".message__wait")


async def test_the_line_says_what_the_answer_is_at(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("at", Hold("a"), Reason("Hm."), Hold("b"), Say("Words. " * 200), Hold("c"))
    await screen.ask("Go", model)
    await expect(line(screen)).to_contain_text(re.compile(r"Waiting for script/at · \d s"))
    await upstream.open("at", "a")
    await expect(screen.answer.locator(".reasoning > summary")).to_contain_text(re.compile(r"Thinking · \d s"))
    await expect(line(screen)).to_have_text("The model is thinking.")  # for ears alone: it stands above the thoughts
    await upstream.open("at", "b")
    await expect(line(screen)).to_contain_text(re.compile(r"about 350 tokens · \d s"))
    await expect(screen.answer.locator(".reasoning > summary")).to_have_text(re.compile(r"^\s*Thought for \d s\s*$"))
    await upstream.open("at", "c")
    await screen.sees_ended()
    await expect(line(screen)).to_have_count(0)


async def test_seconds_pass_and_do_not_begin_anew_with_a_reload(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("seconds", Hold("a"), Say("Here."))
    await screen.ask("Go", model)
    for seconds in (1, 2):
        await expect(line(screen)).to_contain_text(f"· {seconds} s")
    await screen.reload()
    await expect(line(screen)).to_contain_text(re.compile(r"· [2-5] s"))
    await upstream.open("seconds", "a")
    await screen.sees_answer("Here.")


async def test_the_clients_clock_may_be_wrong(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("clock", Hold("a"), Say("Here."))
    await screen.page.add_init_script(
        "Date = class { static now() { return 0; } getTime() { return 0; } getTimezoneOffset() { return 0; } }"
    )
    await screen.reload()
    await screen.ask("Go", model)
    await expect(line(screen)).to_contain_text("· 1 s")
    await upstream.open("clock", "a")
    await screen.sees_answer("Here.")


async def test_a_long_wait_is_explained_in_time(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("slow", Hold("a"), Say("Here."))
    await screen.ask("Go", model)
    why = line(screen).get_by_text("Some models take a while to begin.")
    await expect(why).to_be_hidden()
    await expect(why).to_have_css("animation-duration", "8s")
    await expect(why).to_be_visible(timeout=15_000)
    await upstream.open("slow", "a")
    await screen.sees_answer("Here.")


async def test_who_has_asked_for_no_motion_is_told_at_once(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("still", Hold("a"), Say("Here."))
    await screen.page.emulate_media(reduced_motion="reduce")
    await screen.ask("Go", model)
    await expect(line(screen).get_by_text("Some models take a while to begin.")).to_be_visible()
    await upstream.open("still", "a")
    await screen.sees_answer("Here.")


async def test_numbers_that_tick_are_not_read_out(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("quiet", Hold("a"), Say("Words. " * 200), Hold("b"))
    await screen.ask("Go", model)
    await expect(line(screen).get_by_text(" s", exact=False).first).to_be_attached()
    for gate in ("a", "b"):
        ticking = line(screen).locator("passing-time")
        await expect(ticking).to_have_count(1)
        assert await ticking.evaluate("(one) => one.closest('[aria-hidden=true]') !== null")
        await upstream.open("quiet", gate)
        if gate == "a":
            await expect(line(screen)).to_contain_text("tokens")
    await screen.sees_ended()


async def test_a_second_that_passes_moves_nothing(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("calm", Say("Words. " * 200), Hold("a"))
    await screen.ask("Go", model)
    await expect(line(screen)).to_contain_text("tokens")
    before = (await line(screen).bounding_box(), await scrolled(screen))
    shown = await line(screen).locator("passing-time").inner_text()
    await expect(line(screen).locator("passing-time")).not_to_have_text(shown)
    assert (await line(screen).bounding_box(), await scrolled(screen)) == before
    await upstream.open("calm", "a")
    await screen.sees_ended()


async def test_text_that_turns_out_to_be_thoughts_moves_to_the_thoughts(screen: Screen, upstream: Upstream) -> None:
    early = Say("First I think.\n\nThen I think again.")
    model = await upstream.script("rethought", early, Hold("a"), Say("\n</think>\n\nHello"), Hold("b"), Say(" there."))
    await screen.ask("Go", model)
    settled_and_open = screen.answer.locator("> .prose")
    await expect(settled_and_open).to_have_text(["First I think.", "Then I think again."])
    await upstream.open("rethought", "a")
    await expect(settled_and_open).to_have_text(["", "Hello"])
    await expect(screen.answer.locator(".reasoning > summary")).to_be_visible()
    await expect(screen.answer.locator(".reasoning")).to_contain_text("Then I think again.")
    await upstream.open("rethought", "b")
    await screen.sees_answer("Hello there.")
    await expect(screen.answer.locator(".reasoning")).to_contain_text("First I think.")
