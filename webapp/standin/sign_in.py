"""Signing in at OpenRouter by PKCE: the page that a user agrees on, who always does, and the exchange for a key."""

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from secrets import token_hex
from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec
from msgspec import Struct

from webapp.standin.errors import ApiError
from webapp.standin.http import Request

_MOST: Final = 100
_CALLBACK: Final = re.compile(r"https://\S+|http://(localhost|127\.0\.0\.1)(:\d+)?/\S*")


class Exchange(Struct, frozen=True):
    """Body of POST /auth/keys."""

    code: str
    code_verifier: str = ""
    code_challenge_method: str = ""


class SignIns:
    """Codes that were given out, and the challenges that they came with."""

    def __init__(self) -> None:
        self._challenges: dict[str, str] = {}

    def agree(self, request: Request) -> str:
        """Where GET /auth leads to: back, with a code."""
        callback, challenge = request.query.get("callback_url", ""), request.query.get("code_challenge", "")
        if not _CALLBACK.fullmatch(callback):
            raise ApiError(400, "callback_url takes https, or localhost on any port")
        if request.query.get("code_challenge_method") != "S256":
            raise ApiError(400, "code_challenge_method takes S256")
        code = token_hex(16)
        self._challenges[code] = challenge
        while len(self._challenges) > _MOST:
            del self._challenges[next(iter(self._challenges))]
        return callback + ("&" if urlsplit(callback).query else "?") + urlencode({"code": code})

    async def exchange(self, request: Request) -> object:
        """POST /auth/keys: a key for a code and the verifier of its challenge, once."""
        try:
            given = msgspec.json.decode(request.body, type=Exchange)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ApiError(400, str(error)) from None
        if given.code_challenge_method != "S256":
            raise ApiError(400, "Invalid code_challenge_method")
        digest = urlsafe_b64encode(sha256(given.code_verifier.encode()).digest()).decode().rstrip("=")
        if self._challenges.pop(given.code, None) != digest:
            raise ApiError(403, "Invalid code or code_verifier")
        return {"key": f"sk-or-v1-{token_hex(32)}", "user_id": "user_2standin0000000000000000"}
