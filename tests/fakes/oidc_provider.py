"""A small OpenID Connect provider on a real socket, with keys of its own. It tells the truth unless a test has it lie.

with running_provider() as provider:
    provider.person["email"] = "bob@example.org"
    provider.claims["aud"] = "somebody else"       # a lie in the next tokens
"""

import base64
import hashlib
import hmac
import html
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT_ID: Final = "open-chat"
CLIENT_SECRET: Final = "a secret of the client"
_RS256: Final = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
_ES256: Final = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})
FOREIGN: Final = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})  # a stranger's, by the name of ours


class OidcProvider:
    """What tests set and see of it."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.forget()

    def forget(self) -> None:
        """As it was at the beginning: who signs in, nothing but the truth, nothing asked."""
        self.person: dict[str, Any] = {"sub": "1", "email": "bob@example.org", "email_verified": True, "name": "Bob"}
        self.info: dict[str, Any] | None = None  # what the address for user info tells
        self.claims: dict[str, Any] = {}  # over those that are true
        self.metadata: dict[str, Any] = {}
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}  # instead of the true ones, by path
        self.returns: dict[str, str] = {}  # over what the browser truly comes back with
        self.hangs: str = ""  # the path that never answers
        self.signs = "RS256"
        self.key: Any = _RS256
        self.keys: list[Any] = [_RS256, _ES256]
        self.asked: list[str] = []
        self.over = threading.Event()
        self._codes: dict[str, dict[str, str]] = {}

    def described(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "authorization_response_iss_parameter_supported": True,
            **self.metadata,
        }

    def listed(self) -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False) for key in self.keys]}

    def agreed(self, query: dict[str, str]) -> str:
        """Where the browser goes when its user has signed in here."""
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.issuer, **self.returns}
        return f"{query['redirect_uri']}?{urlencode({name: value for name, value in back.items() if value})}"

    def refused(self, query: dict[str, str]) -> str:
        """Where the browser goes when its user does not want to."""
        back = {"error": "access_denied", "state": query["state"], "iss": self.issuer}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def exchanged(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        asked = self._codes.pop(form.get("code", ""), None)
        own = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET.replace(' ', '+')}".encode()).decode()
        if authorization != f"Basic {own}" and form.get("client_secret") != CLIENT_SECRET:
            return 401, {"error": "invalid_client"}
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        )
        if asked is None or form["redirect_uri"] != asked["redirect_uri"] or challenge != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"id_token": self.token(asked["nonce"]), "access_token": "for-info", "token_type": "Bearer"}

    def token(self, nonce: str) -> str:
        now = int(time.time())
        times = {"exp": now + 300, "iat": now, "auth_time": now}
        true = {"iss": self.issuer, "aud": CLIENT_ID, "nonce": nonce, **times, **self.person}
        claims = {name: value for name, value in {**true, **self.claims}.items() if value is not None}
        if self.signs == "none":
            return f"{_part({'alg': 'none'})}.{_part(claims)}."
        header = {"alg": self.signs, "kid": self.key.kid}
        if self.signs == "HS256":  # the public key taken for a shared secret
            signed = f"{_part({'alg': 'HS256', 'kid': 'one'})}.{_part(claims)}"
            return f"{signed}.{_text(hmac.digest(_RS256.as_pem(private=False), signed.encode(), 'sha256'))}"
        return jwt.encode(header, claims, self.key, algorithms=[self.signs])


class _Handler(BaseHTTPRequestHandler):
    provider: OidcProvider

    def do_GET(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("content-length", "0"))).decode())

    def _answer(self, body: str) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        form = {name: values[0] for name, values in parse_qs(body).items()}
        provider = self.provider
        provider.asked.append(parts.path)
        if parts.path == provider.hangs:
            provider.over.wait()
        if parts.path in provider.answers:
            self._send(*provider.answers[parts.path])
        elif parts.path == "/.well-known/openid-configuration":
            self._json(200, provider.described())
        elif parts.path == "/keys":
            self._json(200, provider.listed())
        elif parts.path == "/token":
            self._json(*provider.exchanged(form, self.headers.get("authorization", "")))
        elif parts.path == "/userinfo" and self.headers.get("authorization") == "Bearer for-info":
            self._json(200, provider.info or {})
        elif parts.path == "/authorize":
            links = {"Agree": provider.agreed(query), "Cancel": provider.refused(query)}
            page = "".join(f'<p><a href="{html.escape(url)}">{name}</a></p>' for name, url in links.items())
            page = f"<!doctype html><title>Provider</title><h1>Sign in here</h1>{page}"
            self._send(200, {"content-type": "text/html"}, page.encode())
        else:
            self._send(404, {}, b"")

    def _json(self, status: int, value: Any) -> None:
        self._send(status, {"content-type": "application/json"}, json.dumps(value).encode())

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        try:
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            pass  # whoever asked has hung up, as on an answer that is too large

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class has it so
        pass


@contextmanager
def running_provider() -> Iterator[OidcProvider]:
    """On a free port of this machine, in a thread of this process."""
    handler = type("Handler", (_Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        provider = OidcProvider(f"http://127.0.0.1:{server.server_port}")
        handler.provider = provider  # type: ignore[attr-defined]  # the base class makes handlers by itself
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield provider
        finally:
            provider.over.set()
            server.shutdown()
            thread.join()


def _part(value: dict[str, Any]) -> str:
    return _text(json.dumps(value).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
