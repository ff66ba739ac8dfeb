"""A server that speaks OpenAI's protocol and has little else: not OpenRouter."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class OtherServer:
    """Answers "Hello." to everything. `models` is what `/models` gives, None where there is no such address.

    `may_list` holds the list back; `refused` is a field of a request that it does not take.
    """

    def __init__(self, models: list[Any] | None = None, *, refused: str = "") -> None:
        self.models = models
        self.refused = refused
        self.may_list = threading.Event()
        self.may_list.set()
        self.was_asked_for_list = threading.Event()
        self.requests: list[dict[str, Any]] = []
        self.url = ""


@contextmanager
def serving(other: OtherServer) -> Iterator[OtherServer]:
    """Serves at `other.url` while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/v1/models" or other.models is None:
                return self._json(404, {"detail": "Not Found"})
            other.was_asked_for_list.set()
            other.may_list.wait(20)
            return self._json(200, {"object": "list", "data": other.models})

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            other.requests.append(request)
            if other.refused in request:
                place = {"loc": ["body", other.refused], "msg": "Extra inputs are not permitted"}
                return self._json(422, {"detail": [place]})
            self._send(200, "text/event-stream", b"".join(_chunks(request)))
            return None

        def _json(self, status: int, value: object) -> None:
            self._send(status, "application/json", json.dumps(value).encode())

        def _send(self, status: int, media_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """It keeps no log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    other.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield other
    finally:
        other.may_list.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _chunks(request: dict[str, Any]) -> Iterator[bytes]:
    delta = {"index": 0, "delta": {"role": "assistant", "content": "Hello."}, "finish_reason": None}
    yield _event({"id": "chatcmpl-1", "model": request["model"], "choices": [delta]})
    yield _event({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    if request.get("stream_options", {}).get("include_usage"):
        yield _event({"id": "chatcmpl-1", "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}})
    yield b"data: [DONE]\n\n"


def _event(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"
