"""The event stream of a page, read as a page reads it: however often it is cut, the text is the same."""

import re
from html.parser import HTMLParser
from uuid import uuid4

import httpx
import pytest

from tests.fakes.upstream import Upstream
from webapp.rendering.markdown import render
from webapp.standin.steps import Hold, Say
from webapp.web.sse import STREAM_HEADERS

FRAGMENT = {"hx-request": "true", "hx-request-type": "partial"}
_PARTIAL = re.compile(r'<hx-partial hx-target="#m-[0-9a-f-]+-([^"]+)" hx-swap="(\w+)">(.*?)</hx-partial>', re.DOTALL)


class Reader:
    """Does with frames what htmx does with them, on strings in place of elements."""

    def __init__(self, client: httpx.AsyncClient, address: str) -> None:
        self._client = client
        self._address = address
        self._parts = {"body": "", "tail": "", "reasoning": "", "thinking": "", "notice": ""}
        self._cursor = ""
        self.is_done = False
        self.connections = 0

    @property
    def html(self) -> str:
        return self._parts["body"] + self._parts["tail"]

    async def read(self, frames: int | None = None) -> None:
        """Connects and reads so many frames, or to the end."""
        headers = {"last-event-id": self._cursor} if self._cursor else {}
        self.connections += 1
        async with self._client.stream("GET", self._address, headers=headers) as response:
            assert response.headers["content-type"] == "text/event-stream"
            buffer = ""
            async for piece in response.aiter_text():
                *events, buffer = (buffer + piece).split("\n\n")
                for event in events:
                    if self._take(event) and frames is not None:
                        frames -= 1
                        if not frames:
                            return

    def _take(self, event: str) -> bool:
        lines = event.split("\n")
        data = "\n".join(line.removeprefix("data: ") for line in lines if line.startswith("data: "))
        self.is_done = self.is_done or "event: done" in lines
        self._cursor = next((line[4:] for line in lines if line.startswith("id: ")), self._cursor)
        for part, swap, html in _PARTIAL.findall(data):
            if part in ("tail code", "tail tbody"):
                end = self._parts["tail"].rindex(f"</{part.removeprefix('tail ')}>")
                self._parts["tail"] = self._parts["tail"][:end] + html + self._parts["tail"][end:]
            elif swap == "beforeend":
                self._parts[part] += html
            else:
                self._parts[part] = html
        return bool(data)


PIECES = [
    f"## Step {number}\n\nA *paragraph* about step {number} with `code`, and a list:\n\n- one\n- two\n\n"
    f"```py\nx = {number}\ny = x < 3\n```\n\n| a | b |\n|---|---|\n| {number} | & |\n\n"
    for number in range(26)
]


async def ask(client: httpx.AsyncClient, model: str) -> tuple[str, str]:
    """The conversation and its growing answer."""
    form = {"message": "Go", "model": model, "client_id": str(uuid4())}
    response = await client.post("/c", data=form, headers={"accept": "text/html"})
    assert response.status_code == 303
    page = (await client.get(response.headers["location"])).text
    found = re.search(r'hx-sse:connect="(/messages/([0-9a-f-]+)/events)', page)
    assert found
    return found[1], found[2]


async def test_a_hundred_forced_reconnects_change_nothing(client: httpx.AsyncClient, upstream: Upstream) -> None:
    quarters = [
        piece[at : at + len(piece) // 4 + 1] for piece in PIECES for at in range(0, len(piece), len(piece) // 4 + 1)
    ]
    assert len(quarters) >= 100
    steps = [step for number, text in enumerate(quarters) for step in (Say(text), Hold(f"g{number}"))]
    model = await upstream.script("hundred", *steps)
    address, message = await ask(client, model)
    disturbed, calm = Reader(client, address), Reader(client, address)
    for number in range(len(quarters)):
        await upstream.reached("hundred", f"g{number}")
        await disturbed.read(frames=1)
        await upstream.open("hundred", f"g{number}")
    await disturbed.read()
    await calm.read()
    assert disturbed.is_done
    assert disturbed.connections > 100
    assert disturbed.html == calm.html
    final = (await client.get(f"/messages/{message}", headers=FRAGMENT)).text
    body = final.partition("-body")[2].partition(">")[2].partition("<footer")[0]
    assert _visible_text(calm.html) == _visible_text(body)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def _visible_text(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    return "".join("".join(parser.parts).split())


async def test_a_cursor_that_nobody_gave_gets_everything_anew(client: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("odd", Say("One.\n\nTwo.\n\nThree"), Hold("a"), Say("."))
    address, _ = await ask(client, model)
    await upstream.reached("odd", "a")
    for cursor in ("3-0", "-1-0", "x", "9" * 30):
        reader = Reader(client, f"{address}?after={cursor}")
        await reader.read(frames=1)
        assert _visible_text(reader.html) == "One.Two.Three", cursor
    await upstream.open("odd", "a")
    ahead = Reader(client, f"{address}?after=999999-0")
    await ahead.read()
    assert ahead.is_done
    assert _visible_text(ahead.html) == "One.Two.Three."


async def test_an_open_block_of_code_grows_by_what_is_new_alone(client: httpx.AsyncClient, upstream: Upstream) -> None:
    lines = [f"line {number} of code <b>\n" for number in range(50)]
    steps = [step for number, line in enumerate(lines) for step in (Say(line), Hold(f"g{number}"))]
    model = await upstream.script("code", Say("```\n"), *steps, Say("```\n"))
    _, message = await ask(client, model)
    sizes = []
    async with client.stream("GET", f"/messages/{message}/events") as response:
        pieces = response.aiter_text()
        for number in range(len(lines)):
            await upstream.reached("code", f"g{number}")
            seen = ""
            while f"line {number} of" not in seen:
                seen += await anext(pieces)
            sizes.append(len(seen))
            await upstream.open("code", f"g{number}")
    assert max(sizes[10:]) < 600  # with what is said of the wait, once a second


HALVES = ["| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4", "a [link", "Sum: \\(x + y", "- [", "```py\nx"]


@pytest.mark.parametrize("text", HALVES)
async def test_an_end_that_is_half_written_comes_whole(
    text: str, client: httpx.AsyncClient, upstream: Upstream
) -> None:
    model = await upstream.script("half", Say("Start.\n\n" + text[:-1]), Hold("a"), Say(text[-1]))
    address, _ = await ask(client, model)
    reader = Reader(client, address)
    await upstream.reached("half", "a")
    await reader.read(frames=1)
    await upstream.open("half", "a")
    await reader.read()
    assert reader.is_done
    assert _visible_text(reader.html) == _visible_text(render("Start.\n\n" + text))


async def test_the_stream_of_a_finished_answer_is_all_of_it_and_done(
    client: httpx.AsyncClient, upstream: Upstream
) -> None:
    model = await upstream.script("past", Say("**Over**"), Hold("a"))
    address, _ = await ask(client, model)
    await upstream.open("past", "a")
    for _ in range(2):
        reader = Reader(client, address)
        await reader.read()
        assert reader.is_done
        assert "<strong>Over</strong>" in reader.html


@pytest.mark.parametrize("part", ["", "/events", "/live", "/stop", "/retry", "/continue"])
async def test_a_message_that_is_not_there(client: httpx.AsyncClient, part: str) -> None:
    method = "GET" if part in ("", "/events", "/live") else "POST"
    for name in (uuid4(), "no-id"):
        answer = await client.request(method, f"/messages/{name}{part}", data={} if method == "POST" else None)
        assert answer.status_code in (404, 415), answer.text
        assert "Traceback" not in answer.text


async def test_streams_say_what_proxies_need_to_hear(client: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("headers", Say("x"), Hold("a"))
    address, message = await ask(client, model)
    for path in (address, f"/messages/{message}/live"):
        async with client.stream("GET", path, headers={"accept-encoding": "gzip"}) as response:
            assert {name: response.headers[name] for name in STREAM_HEADERS} == dict(STREAM_HEADERS)
            assert "content-encoding" not in response.headers
            assert await anext(response.aiter_bytes())
    await upstream.open("headers", "a")
