"""How soon the app is there, how much memory it takes at rest, and how heavy its first page is."""

import gzip
import http.client
import re
import time
from statistics import median
from typing import Final, NamedTuple

from benchmarks.bench import Bench
from benchmarks.table import Row, at_most
from benchmarks.upstream import MODEL

_ADDRESSES = re.compile(r"""(?:(?:href|src)="|url\(["']?)(/[^"')#]*\.[a-z0-9]+)""")
_LISTED_WITHIN: Final = 5.0  # seconds until the app has the list of models


class Fetched(NamedTuple):
    """A response. ``size`` counts all of its bytes: headers, and the body as it was sent."""

    kind: str
    body: str
    size: int


def measure_start(bench: Bench) -> list[Row]:
    """From the start of the process to the last byte of the first page: on a new database, and on one that exists."""
    with bench.upstream() as upstream:
        times = [_time_start(bench, upstream) for _ in range(3 if bench.quick else 6)]
    return [
        at_most("start to first page, database exists", "s", median(times[1:]), 1.0),
        Row("start to first page, new database", "s", times[0]),
    ]


def _time_start(bench: Bench, upstream: int) -> float:
    began = time.perf_counter()
    with bench.app(upstream, "start") as app:
        fetch(app.port, "/")
        return time.perf_counter() - began


def measure_page(bench: Bench) -> list[Row]:
    """What a browser with an empty cache loads for the first page, and the memory of a server that has served it.

    Memory twice: of a server that has made its tables, for which it loads more, and of one that finds them there.
    """
    idle = []
    for _ in range(2):
        with bench.upstream() as upstream, bench.app(upstream, "page") as app:
            page = _page_with_models(app.port)
            parts = _all_parts(app.port, page)
            time.sleep(1.0)
            idle.append(app.process.pss_bytes())
    scripts = sum(part.size for part in parts if "javascript" in part.kind)
    return [
        at_most("first page with all it loads, compressed", "kB", sum(part.size for part in parts) / 1000, 50),
        at_most("of it JavaScript", "kB", scripts / 1000, 25),
        Row("of it the page itself, which lists 350 models", "kB", page.size / 1000),
        at_most("requests for it", "", len(parts), 8),
        at_most("memory at rest (PSS)", "MB", idle[1] / 1e6, 100),
        Row("memory at rest after making the tables (PSS)", "MB", idle[0] / 1e6),
    ]


def _page_with_models(port: int) -> Fetched:
    deadline = time.monotonic() + _LISTED_WITHIN
    while MODEL not in (page := fetch(port, "/")).body:
        if time.monotonic() > deadline:
            raise RuntimeError("the page does not list the upstream's models")
        time.sleep(0.1)
    return page


def _all_parts(port: int, page: Fetched) -> list[Fetched]:
    """The page and what it, and its style sheets, name: once each, as a browser fetches it."""
    addresses = dict.fromkeys(_addresses(page))
    parts = [page]
    for address in addresses:
        part = fetch(port, address)
        parts.append(part)
        if "css" in part.kind:
            parts += [fetch(port, more) for more in dict.fromkeys(_addresses(part)) if more not in addresses]
    return parts


def _addresses(part: Fetched) -> list[str]:
    return _ADDRESSES.findall(part.body)


def fetch(port: int, path: str, *, fragment: bool = False) -> Fetched:
    """As a browser does; a `fragment` as htmx does."""
    headers = {"Accept": "text/html,*/*", "Accept-Encoding": "gzip", **({"HX-Request": "true"} if fragment else {})}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise RuntimeError(f"{path} was answered with {response.status}: {body[:300]!r}")
    size = len(str(response.headers)) + len("HTTP/1.1 200 OK\r\n") + len(body)
    if response.headers["content-encoding"] == "gzip":
        body = gzip.decompress(body)
    return Fetched(response.headers.get_content_type(), body.decode(), size)
