"""Sources of what was brought in lead to the web or are left out: on pages, in files, in shares, and for programs."""

import re
from pathlib import Path
from typing import Final
from uuid import uuid4

import httpx
import msgspec
import pytest

from tests.documents.test_import_routes import sent, settled
from tests.documents.test_share_routes import share
from tests.fakes.app_server import AppServer
from tests.fakes.documents import document, message
from tests.fakes.hostile_addresses import ADDRESSES
from tests.fakes.seed import seed
from webapp.app import ROOT
from webapp.conversations.messages import Source
from webapp.documents.imports.soundness import sound
from webapp.rendering.addresses import is_web_address

HOSTILE: Final = tuple(one for one in ADDRESSES if not is_web_address(one) and "\ud800" not in one)
GOOD: Final = "https://example.org/good"
OURS: Final = re.compile(r"(?:/|#m-|#top|#)[^:]*|")
OWN: Final = ("{{ root }}", "{{ asset(", "{{ place }}", "{{ address }}", "{{ page.url }}", "{{ source.link }}", "#")


def cited(*urls: str) -> bytes:
    answer = message(2, 1, "assistant", "An answer.", sources=tuple(Source(url, f"T{n}") for n, url in enumerate(urls)))
    return msgspec.json.encode(
        document(message(1, None, "user", "Hi"), answer, title="Hostile sources", id=str(uuid4()))
    )


def test_only_pages_of_the_web_are_kept() -> None:
    made = msgspec.json.decode(cited(*HOSTILE, GOOD), type=type(document()))
    assert [one.url for one in sound(made).messages[1].sources] == [GOOD]


async def test_no_hostile_source_of_a_file_is_anywhere(client: httpx.AsyncClient) -> None:
    where = await sent(client, cited(*HOSTILE[:300], GOOD))
    await client.post(f"{where}/confirm")
    page = await settled(client, where)
    found = re.search(r'href="/c/([0-9a-f-]+)">Hostile sources<', page)
    assert found is not None
    number = found[1]
    read = {
        path: (await client.get(path)).text
        for path in (f"/c/{number}", await share(client, number), f"/c/{number}.html")
    }
    for path, text in read.items():
        assert f'href="{GOOD}"' in text, path
        others = [one for one in re.findall(r'\s(?:href|src|action)="([^"]*)"', text) if not is_web_address(one)]
        assert [one for one in others if not OURS.fullmatch(one)] == [], path
    for path in (f"/c/{number}.md", f"/c/{number}.json", f"/conversations/{number}"):
        text = (await client.get(path)).text
        assert GOOD in text
        assert "javascript:" not in text.lower()
        assert "ms-msdt:" not in text.lower()


async def test_those_of_earlier_imports_are_not_shown(client: httpx.AsyncClient, server: AppServer) -> None:
    import sqlite3

    made = seed(server.database, ["Hi", "Hello."])
    kept = msgspec.json.encode([{"url": url, "title": "T"} for url in ("javascript:alert(1)", GOOD)]).decode()
    with sqlite3.connect(server.database) as database:
        database.execute("UPDATE messages SET citations = ? WHERE id = ?", (kept, made.messages[1].hex))
    for path in (f"/c/{made.id}", await share(client, made.id), f"/c/{made.id}.html", f"/c/{made.id}.json"):
        text = (await client.get(path)).text
        assert GOOD in text
        assert "javascript:" not in text


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_a_template_writes_addresses_of_ours_or_links_that_were_looked_at(path: Path) -> None:
    written = re.findall(r'\b(?:href|action|src)="([^"]*\{\{[^"]*)"', path.read_text())
    assert [one for one in written if not one.startswith(OWN) and path.name != "saved_message.html"] == []
