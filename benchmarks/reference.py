"""What the app is measured beside: the least that can pass a stream on with the same libraries.

``python -m benchmarks.reference URL httpx`` sends each POST on to URL with httpx's default transport, or over the app's
own connections with ``aiohttp`` in the place of ``httpx``, and gives back the bytes of the answer as they come, on
uvicorn with the same event loop and parser as the app's. It understands nothing, keeps nothing, and serves one reader
an answer.
"""

import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import httpx
import uvicorn

from webapp.services.aiohttp_transport import AiohttpTransport

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_HEADERS: Final = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")]


class Proxy:
    """An ASGI app."""

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport | None) -> None:
        limits = httpx.Limits(max_connections=1_000, max_keepalive_connections=20)  # its own default but for the first
        self._client = httpx.AsyncClient(timeout=60.0, limits=limits, trust_env=False, transport=transport)
        self._url = url

    async def __call__(self, _scope: Message, receive: Receive, send: Send) -> None:
        question = await _body(receive)
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        async with self._client.stream("POST", self._url, content=question, headers=headers) as response:
            await send({"type": "http.response.start", "status": response.status_code, "headers": _HEADERS})
            async for chunk in response.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def serve(url: str, kind: str) -> None:
    """Serves on a free port of this machine, which it prints, until it is ended."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listening.getsockname()[1], flush=True)
    transport = AiohttpTransport(max_connections=1_000, keepalive=60.0, trust_env=False) if kind == "aiohttp" else None
    app = Proxy(url, transport)
    config = uvicorn.Config(app, loop="uvloop", http="httptools", log_config=None, access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2])
