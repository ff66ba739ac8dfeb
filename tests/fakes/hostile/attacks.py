"""All that a hostile user can send, by the way in that it takes."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from functools import partial
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import httpx

from tests.fakes.hostile import files
from tests.fakes.hostile.arena import Attack, Attacker, Deed
from tests.fakes.hostile.files import FILES, File, openchat, png, with_pictures
from tests.fakes.hostile.shapes import NAMED, Shape, repeated
from tests.fakes.routes import routes
from tests.fakes.upstream import shows_file
from webapp.standin.steps import Say

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
MESSAGE_BYTES: Final = 256_000  # as many as one may have where nothing else is set
FORM_BYTES: Final = 1_020_000
_AS_IT_IS: Final = "".join(map(chr, set(range(1, 128)) - set(map(ord, "%&+;"))))

# What an attacker does on the way


def fit(text: str, most: int) -> str:
    """As much of a text as has so many bytes."""
    return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore")


def field(text: str) -> str:
    """A form's value, with as little escaped as there can be: so more of it fits."""
    return quote(text, safe=_AS_IT_IS, errors="replace")


def field_of(shape: Shape, size: int, most: int) -> str:
    """A value of so many characters, or of as many as fit into so many bytes of a form."""
    coded = field(shape(size))
    while len(coded) > most:
        size = size * most // len(coded) - 1
        coded = field(shape(size))
    return coded


async def post(attacker: Attacker, path: str, form: str) -> httpx.Response:
    return await attacker.client.post(path, content=form.encode(), headers={"content-type": FORM})


async def asked(attacker: Attacker, model: str, text: str = "Hi") -> dict[str, Any]:
    """The question, and the answer that grows."""
    key = (await attacker.client.post("/conversations")).json()["id"]
    body = {"message": text, "model": model}
    response = await attacker.client.post(f"/conversations/{key}/messages", json=body)
    return {
        "conversation": key,
        "status": response.status_code,
        **(response.json() if response.status_code == 201 else {}),
    }


async def followed(attacker: Attacker, answer: str) -> int:
    """Reads an answer as a page does, to its end; returns the bytes that came."""
    size = 0
    async with attacker.client.stream("GET", f"/messages/{answer}/events") as response:
        async for piece in response.aiter_bytes():
            size += len(piece)
    return size


async def answered(attacker: Attacker) -> tuple[str, str]:
    """A conversation with a question and its answer, and the answer."""
    assert attacker.upstream is not None
    model = await attacker.upstream.script("short", Say("Hello."))
    made = await asked(attacker, model)
    await followed(attacker, made["answer_id"])
    return made["conversation"], made["answer_id"]


async def imported(attacker: Attacker, file: File) -> str:
    """Sends a file and says yes to it. Returns the address of its first conversation, or how far it came."""
    name, data = file
    response = await attacker.client.post("/import", files={"file": (name, data)})
    if response.status_code != 303:
        return str(response.status_code)
    address = response.headers["location"]
    page = await _settled(attacker, address)
    if "/confirm" not in page:
        return "refused"
    await attacker.client.post(f"{address}/confirm")
    found = re.search(r'href="(/c/[0-9a-f-]{36})"[^>]*>(?!Conversation)', (await _settled(attacker, address)))
    return found[1] if found else "nothing came"


async def _settled(attacker: Attacker, address: str) -> str:
    while 'aria-busy="true"' in (page := (await attacker.client.get(address)).text):  # noqa: ASYNC110  # of another process
        await asyncio.sleep(0.05)
    return page


async def shared(attacker: Attacker, conversation: str) -> str:
    """The address under which everybody can read a conversation."""
    await attacker.client.post(f"{conversation}/shares", data={"later": ""})
    found = re.search(r"/s/[\w-]{27}", (await attacker.client.get("/shares")).text)
    return found[0] if found else "/s/none"


async def visited(attacker: Attacker, *paths: str) -> str:
    """How each page is answered."""
    return " ".join([str((await attacker.client.get(path)).status_code) for path in paths])


# Texts


async def _edited(attacker: Attacker, shape: Shape, size: int) -> Deed:
    conversation, answer = await answered(attacker)

    async def deed() -> str:
        text = field(fit(shape(size), MESSAGE_BYTES))
        status = (await post(attacker, f"/messages/{answer}/text", f"run=1&message={text}")).status_code
        return f"{status} {await visited(attacker, f'/c/{conversation}')}"

    return deed


async def _passing(attacker: Attacker, shape: Shape, size: int) -> Deed:
    async def deed() -> str:
        text = field_of(shape, size, FORM_BYTES)
        return str((await post(attacker, "/temporary", f"message=&said=Hi&said={text}")).status_code)

    return deed


async def _said(attacker: Attacker, shape: Shape, size: int, piece: int) -> Deed:
    assert attacker.upstream is not None
    text = fit(shape(size), 4_000_000)
    name = f"hostile-{uuid4()}"
    model = await attacker.upstream.script(name, *(Say(text[at : at + piece]) for at in range(0, len(text), piece)))

    async def deed() -> str:
        made = await asked(attacker, model)
        if made["status"] != 201:
            return str(made["status"])
        size = await followed(attacker, made["answer_id"])
        return f"{size // 1000} kB {await visited(attacker, '/c/' + made['conversation'])}"

    return deed


async def _brought(attacker: Attacker, shape: Shape, size: int) -> Deed:
    async def deed() -> str:
        address = await imported(attacker, ("a.json", openchat("Hi", shape(size))))
        return address if address[0] != "/" else await visited(attacker, address)

    return deed


async def _exported(attacker: Attacker, shape: Shape, size: int) -> Deed:
    address = await imported(attacker, ("a.json", openchat(shape(size), shape(size))))

    async def deed() -> str:
        return await visited(attacker, *(f"{address}.{kind}" for kind in ("html", "md", "txt", "json")))

    return deed


async def _shared(attacker: Attacker, shape: Shape, size: int) -> Deed:
    address = await shared(attacker, await imported(attacker, ("a.json", openchat("Hi", shape(size)))))

    async def deed() -> str:
        answers = await asyncio.gather(*(visited(attacker, address) for _ in range(4)))
        return " ".join(answers)

    return deed


TEXT_WAYS: Final[dict[str, tuple[Callable[..., Coroutine[Any, Any, Deed]], tuple[int, ...], dict[str, Any]]]] = {
    "edit": (_edited, (250_000, 60_000, 20_000), {}),
    "temporary": (_passing, (950_000, 250_000), {}),
    "answer": (_said, (250_000, 950_000, 20_000), {"piece": 1_000_000}),
    "stream": (_said, (60_000, 20_000, 250_000), {"piece": 300}),
    "import": (_brought, (950_000, 250_000), {}),
    "export": (_exported, (950_000,), {}),
    "share": (_shared, (950_000,), {}),
}


def texts(name: str, shape: Shape, way: str, size: int) -> Attack:
    prepare, _, fields = TEXT_WAYS[way]
    return Attack(way, f"{name}, {size // 1000} k", partial(prepare, shape=shape, size=size, **fields))


# Files and pictures


def file_attack(name: str, make: Callable[[], File]) -> Attack:
    async def prepare(attacker: Attacker) -> Deed:
        file = make()

        async def deed() -> str:
            address = await imported(attacker, file)
            return address if address[0] != "/" else await visited(attacker, address)

        return deed

    return Attack("file", name, prepare)


def foreign_attacks() -> Iterator[Attack]:
    """Each other program's reader, with one hostile text each."""
    shapes = list(files.MARKED.items())
    kinds = [kind for kind, _ in files.foreign(repeated("x"), 10)]
    for place, kind in enumerate(dict.fromkeys(kinds)):
        name, shape = shapes[place % len(shapes)]

        def make(kind: str = kind, shape: Shape = shape) -> File:
            return next(file for key, file in files.foreign(shape, 900_000) if key == kind)

        yield file_attack(f"{kind}: {name}", make)


async def _looked_at(attacker: Attacker, data: bytes, times: int) -> Deed:
    address = await imported(attacker, ("a.json", with_pictures(data, 1)))
    page = (await attacker.client.get(address)).text if address[0] == "/" else ""
    found = re.search(r'(?:src|href)="(/pictures/[0-9a-f-]{36})', page)

    async def deed() -> str:
        if not found:
            return f"no picture: {address}"
        return " ".join(await asyncio.gather(*(visited(attacker, found[1]) for _ in range(times))))

    return deed


async def _looked_at_by_all(attacker: Attacker, data: bytes, times: int) -> Deed:
    address = await shared(attacker, await imported(attacker, ("a.json", with_pictures(data, 1))))
    page = (await attacker.client.get(address)).text
    found = re.search(r'(?:src|href)="(/s/[\w-]{27}/pictures/[0-9a-f-]{36})', page)

    async def deed() -> str:
        if not found:
            return f"no picture: {address}"
        return " ".join(await asyncio.gather(*(visited(attacker, found[1]) for _ in range(times))))

    return deed


async def _drawn(attacker: Attacker, data: bytes, times: int) -> Deed:
    assert attacker.upstream is not None
    model = await attacker.upstream.script(f"drawn-{uuid4()}", *[shows_file(data)] * times)

    async def deed() -> str:
        made = await asked(attacker, model)
        await followed(attacker, made["answer_id"])
        return await visited(attacker, "/c/" + made["conversation"])

    return deed


def picture_attacks() -> Iterator[Attack]:
    plain, colourful = partial(png, 4_472, 4_472), partial(png, 4_472, 4_472, colours=2)
    for name, make in {
        "20 Mpx": plain,
        "20 Mpx of three colours": colourful,
        "a bomb": partial(png, 30_000, 30_000),
    }.items():
        for way, look, times in (
            ("picture", _looked_at, 1),
            ("picture", _looked_at, 8),
            ("shared picture", _looked_at_by_all, 12),
            ("shared picture", _looked_at_by_all, 24),
            ("drawn picture", _drawn, 1),
            ("drawn picture", _drawn, 8),
        ):

            async def prepare(attacker: Attacker, look: Any = look, make: Any = make, times: int = times) -> Deed:
                deed: Deed = await look(attacker, make(), times)
                return deed

            yield Attack(way, f"{name}, {times} times", prepare)


# Searches

_PHRASES: Final = " ".join(f'"alpha beta {word}"' for word in ["gamma", "delta", "alpha", "beta", "epsilon"] * 3)
SEARCHES: Final = {
    "phrases": _PHRASES,
    "phrases that aren't there": " ".join('"beta alpha x"' for _ in range(12)),
    "words": "alpha beta gamma delta",
    "left out": "alpha " + " ".join(f'-"delta {n}"' for n in range(12)),
    "beginnings": "a b g d al be ga de alp bet gam del",
    "quotes": '"' * 500,
    "letters": "a " * 250,
    "one long word": "a" * 500,
    "percent": '"alpha % beta _ gamma"',
    "filters": "model:" + "a" * 400 + " tag:" + "b" * 50,
    "sharp s": '"' + "ß " * 200 + '"',
    "accents": "e\u0301" * 200,
    "chinese": "中" * 400,
}


def search_attacks() -> Iterator[Attack]:
    big = ["alpha beta gamma delta " * 40_000] * 40
    mixed = ["alpha beta gamma delta x " * 20_000, "a" * 900_000, "中" * 300_000, "ß " * 400_000] * 8
    for kind, held in (("40 messages of 1 MB", big), ("32 messages of all kinds", mixed)):
        for name, query in SEARCHES.items():

            async def prepare(attacker: Attacker, held: list[str] = held, query: str = query) -> Deed:
                await imported(attacker, ("a.json", openchat(*held)))
                await attacker.client.get("/search", params={"q": "alpha"})
                await asyncio.sleep(1)

                async def deed() -> str:
                    return str((await attacker.client.get("/search", params={"q": query})).status_code)

                return deed

            yield Attack("search", f"{name} in {kind}", prepare)

        async def index(attacker: Attacker, held: list[str] = held) -> Deed:
            async def deed() -> str:
                await imported(attacker, ("a.json", openchat(*held)))
                return await visited(attacker, "/search?q=alpha", "/search?q=beta")

            return deed

        yield Attack("search", f"indexing {kind}", index)


# Forms, JSON, headers

_BODIES: Final[dict[str, tuple[str, str]]] = {
    "many fields": (FORM, "a=1&" * 250_000),
    "many separators": (FORM, "&" * 1_000_000),
    "one field": (FORM, "message=" + "x" * 1_000_000),
    "escapes": (FORM, "message=" + "%41" * 330_000),
    "bad escapes": (FORM, "message=" + "%" * 1_000_000),
    "a long name": (FORM, "x" * 1_000_000),
    "190 long fields": (FORM, "&".join(f"f{n}=" + "y" * 5_000 for n in range(190))),
    "line ends": (FORM, "message=" + "\r\n" * 500_000),
    "titles": (FORM, "title=" + "a " * 500_000 + "&name=" + "b " * 10),
    "names": (FORM, "name=" + "a " * 500_000),
    "texts": (FORM, "name=a&text=" + "{{a}} " * 160_000),
    "system prompts": (FORM, "system_prompt=" + "{{a" * 300_000),
    "JSON, deep": (JSON, '{"message":' + "[" * 500_000),
    "JSON, wide": (JSON, '{"message":"x","model":[' + "[]," * 330_000 + "1]}"),
    "JSON, names": (JSON, "{" + ",".join(f'"a{n}":1' for n in range(90_000)) + "}"),
    "JSON, one name again": (JSON, "{" + ",".join('"message":"x"' for n in range(70_000)) + "}"),
    "JSON, digits": (JSON, '{"message":' + "1" * 1_000_000 + "}"),
    "JSON, escapes": (JSON, '{"message":"' + "\\u00e4" * 160_000 + '"}'),
    "reports": ("application/csp-report", '{"csp-report":{"blocked-uri":"' + "a" * 900_000 + '"}}'),
    "many reports": ("application/reports+json", "[" + '{"type":"csp-violation","body":{}},' * 30_000 + "1]"),
}


def form_attacks() -> Iterator[Attack]:
    """Each body to every address that takes one, with ids of the attacker's own."""
    addresses = [path for path, method in routes() if method == "POST" and path != "/logout"]
    for name, (kind, body) in _BODIES.items():

        async def prepare(attacker: Attacker, kind: str = kind, body: str = body) -> Deed:
            conversation, answer = await answered(attacker)

            async def deed() -> str:
                statuses: dict[int, int] = {}
                for path in addresses:
                    place = path.replace("{conversation_id:uuid}", conversation).replace("{message_id:uuid}", answer)
                    place = re.sub(r"\{[^}]*\}", str(uuid4()), place)
                    try:
                        response = await attacker.client.post(
                            place, content=body.encode(), headers={"content-type": kind}
                        )
                        statuses[response.status_code] = statuses.get(response.status_code, 0) + 1
                    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
                        statuses[0] = statuses.get(0, 0) + 1
                return " ".join(f"{status}×{count}" for status, count in sorted(statuses.items()))

            return deed

        yield Attack("forms", name, prepare)


_HEADERS: Final[dict[str, dict[str, str]]] = {
    "accept": {"accept": "text/html;q=0.1," * 3_000},
    "accept-language": {"accept-language": "en;q=0.1," * 6_000},
    "accept-encoding": {"accept-encoding": "gzip;q=0.1," * 5_000},
    "cookies": {"cookie": "a=b; " * 12_000},
    "one cookie": {"cookie": "theme=" + '"' * 60_000},
    "if-none-match": {"if-none-match": '"a", ' * 12_000},
    "range": {"range": "bytes=" + "0-1," * 15_000},
    "content-type": {"content-type": "multipart/form-data; boundary=" + '"' * 60_000},
    "forwarded": {"x-forwarded-for": "1.1.1.1, " * 6_000, "forwarded": "for=1.1.1.1;" * 1_000},
    "user-agent": {"user-agent": "Mozilla/5.0 (" * 4_500},
    "origin": {"origin": "http://" + "a." * 30_000, "referer": "http://" + "/" * 5_000},
    "authorization": {"authorization": "Bearer " + "a" * 60_000},
}
_PATHS: Final = {
    "a long path": "/" + "a/" * 30_000,
    "a path of escapes": "/" + "%2f" * 20_000,
    "a long query": "/?" + "a=b&" * 15_000,
    "a query of escapes": "/search?q=" + "%25" * 20_000,
    "suffixes": "/c/" + ".md" * 20_000,
    "dots": "/" + "../" * 20_000,
    "next": "/login?next=" + "/" * 60_000,
}


def header_attacks() -> Iterator[Attack]:
    for name, headers, path in (
        *((name, headers, "/") for name, headers in _HEADERS.items()),
        *((name, {}, path) for name, path in _PATHS.items()),
    ):

        async def prepare(attacker: Attacker, headers: dict[str, str] = headers, path: str = path) -> Deed:
            async def deed() -> str:
                statuses = []
                for _ in range(5):
                    try:
                        response = await attacker.client.request("GET", path, headers=headers)
                        statuses.append(str(response.status_code))
                    except httpx.HTTPError:
                        statuses.append("-")
                return " ".join(statuses)

            return deed

        yield Attack("headers", name, prepare)


# Large conversations, and what is done with them


async def _in_large(
    attacker: Attacker, data: Callable[[], bytes], do: Callable[[Attacker, str], Awaitable[str]]
) -> Deed:
    address = await imported(attacker, ("a.json", data()))

    async def deed() -> str:
        return await do(attacker, address)

    return deed


async def _fork(attacker: Attacker, address: str) -> str:
    page = (await attacker.client.get(address)).text
    ids = re.findall(r'id="m-?([0-9a-f-]{36})"', page) or re.findall(r"/messages/([0-9a-f-]{36})/", page)
    if not ids:
        return "no message"
    return " ".join([str((await attacker.client.post(f"/messages/{ids[-1]}/fork")).status_code) for _ in range(3)])


async def _delete_all(attacker: Attacker, address: str) -> str:
    statuses = [(await attacker.client.post(f"{address}/delete")).status_code]
    statuses.append((await attacker.client.post("/deleted/clear")).status_code)
    return " ".join(map(str, statuses))


async def _ask_below(attacker: Attacker, address: str) -> str:
    assert attacker.upstream is not None
    model = await attacker.upstream.script(f"below-{uuid4()}", Say("Yes."))
    return str((await post(attacker, f"{address}/messages", f"message=And&model={model}")).status_code)


def _opening(*ends: str) -> Callable[[Attacker, str], Awaitable[str]]:
    async def do(attacker: Attacker, address: str) -> str:
        return await visited(attacker, *(f"{address}{end}" for end in ends))

    return do


def large_attacks() -> Iterator[Attack]:
    trees: dict[str, Callable[[], bytes]] = {
        "20,000 answers to one question": lambda: files.wide(20_000),
        "20,000 messages in a row": lambda: files.wide(20_000, deep=True),
        "300 messages of 100 kB": lambda: openchat(*["word <b> & " * 9_000] * 300),
        "2,000 messages of formulas": lambda: openchat(*["$a_1$ " * 800] * 2_000),
    }
    deeds = {
        "page": _opening(""),
        "branches": _opening("/branches"),
        "Markdown": _opening(".md"),
        "text": _opening(".txt"),
        "web page": _opening(".html"),
        "JSON": _opening(".json"),
        "fork": _fork,
        "delete": _delete_all,
        "ask": _ask_below,
        "API": _api,
        "export of all": _export_all,
    }
    for tree, make in trees.items():
        for deed, do in deeds.items():
            yield Attack("large", f"{deed} of {tree}", partial(_in_large, data=make, do=do))


async def _api(attacker: Attacker, address: str) -> str:
    return await visited(attacker, f"/conversations/{address.removeprefix('/c/')}?limit=100", "/conversations")


async def _export_all(attacker: Attacker, _: str) -> str:
    return await visited(attacker, "/export/all")


def many_attacks() -> Iterator[Attack]:
    """Many small things of one kind."""

    async def prompts(attacker: Attacker) -> Deed:
        text = field("{{a}} " * 40_000)
        made = await post(attacker, "/library/prompts", f"name=a&text={text}")
        place = made.headers.get("location", "/library")

        async def deed() -> str:
            return f"{made.status_code} {await visited(attacker, '/library', place.partition('#')[0])}"

        return deed

    async def tags(attacker: Attacker) -> Deed:
        conversation, _ = await answered(attacker)

        async def deed() -> str:
            statuses = {
                (await post(attacker, f"/c/{conversation}/tags", f"name=tag{number}")).status_code
                for number in range(60)
            }
            return f"{statuses} {await visited(attacker, '/', f'/c/{conversation}/organise')}"

        return deed

    async def settings(attacker: Attacker) -> Deed:
        conversation, _ = await answered(attacker)

        async def deed() -> str:
            text = field("{{" * 120_000)
            made = await post(attacker, f"/c/{conversation}/settings", f"system_prompt={text}")
            return f"{made.status_code} {await visited(attacker, f'/c/{conversation}/settings')}"

        return deed

    async def sends(attacker: Attacker) -> Deed:
        async def deed() -> str:
            answers = await asyncio.gather(
                *(asked(attacker, "standin/gpt", "word " * 50_000) for _ in range(20)), return_exceptions=True
            )
            return str(len(answers))

        return deed

    async def chats(attacker: Attacker) -> Deed:
        async def deed() -> str:
            bodies = "&".join("said=" + "x" * 5_000 for _ in range(190))
            return str((await post(attacker, "/temporary", f"message=&{bodies}")).status_code)

        return deed

    async def conversations(attacker: Attacker) -> Deed:
        made = b"[" + b",".join(files.titled(number) for number in range(5_000)) + b"]"
        await imported(attacker, ("a.json", made))

        async def deed() -> str:
            return await visited(attacker, "/", "/c", "/c?archived=true", "/export", "/export/all")

        return deed

    yield Attack("many", "a prompt of 40,000 places", prompts)
    yield Attack("many", "tags", tags)
    yield Attack("many", "a system prompt of brackets", settings)
    yield Attack("many", "20 long questions at once", sends)
    yield Attack("many", "a temporary chat of 190 turns", chats)
    yield Attack("many", "5,000 conversations", conversations)


def others() -> Iterator[Attack]:
    """All but texts."""
    yield from (file_attack(name, make) for name, make in FILES.items())
    yield from foreign_attacks()
    yield from picture_attacks()
    yield from search_attacks()
    yield from form_attacks()
    yield from header_attacks()
    yield from large_attacks()
    yield from many_attacks()


def all_texts() -> Iterator[Attack]:
    """Every shape by every way that texts take, at the first of its sizes."""
    for name, shape in NAMED.items():
        for way, (_, sizes, _) in TEXT_WAYS.items():
            yield texts(name, shape, way, sizes[0])
