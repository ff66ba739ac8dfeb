"""POST /chat/completions: chooses who answers, plays the answer, notices when the client leaves."""

import asyncio
import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from webapp.standin import catalog, chat
from webapp.standin.account import Account
from webapp.standin.catalog import Model
from webapp.standin.chat import AudioPart, ChatRequest, ImagePart, VideoPart, parts_of
from webapp.standin.errors import ApiError
from webapp.standin.failures import failure
from webapp.standin.http import Connection, Headers, Request
from webapp.standin.journal import Ending, Journal, Seen
from webapp.standin.output import EventStream, WholeAnswer
from webapp.standin.player import DroppedError, Player
from webapp.standin.steps import Answer, AnyStep, Closing, Script, Status, Whole, script
from webapp.standin.wire import Generation

SCRIPT_PREFIX: Final = "script/"
SPEED_HEADER: Final = "x-standin-tokens-per-second"

_MODALITIES: Final[Mapping[type, tuple[str, str]]] = {
    ImagePart: ("image", "image input"),
    AudioPart: ("audio", "input audio"),
    VideoPart: ("video", "video input"),
}


class Choice(Struct, frozen=True):
    """Who answers: a model, and the script that it plays. ``name`` is that of the journal."""

    name: str
    model: Model
    script: Script


class Completions:
    """The answers of one stand-in. ``scripts`` are those that tests have registered, by name."""

    def __init__(self, journal: Journal, account: Account, tokens_per_second: float, closing: Closing) -> None:
        self.scripts: dict[str, Script] = {}
        self._journal = journal
        self._account = account
        self._tokens_per_second = tokens_per_second
        self._closing = closing
        self._playing: set[asyncio.Task[None]] = set()

    async def answer(self, request: Request, connection: Connection) -> None:
        """Answers a request whose key is in order. Raises ApiError for one that cannot be answered."""
        asked = chat.read(request.body)
        choice = self._choose(asked)
        seen = self._journal.begin(choice.name, choice.model.id, request, streamed=bool(asked.stream))
        steps = choice.script.take(seen.number)
        generation = Generation(choice.model.canonical_slug, choice.model.provider)
        sends_events = asked.stream and Whole() not in steps[:1]
        output = (EventStream if sends_events else WholeAnswer)(connection, generation, seen)
        player = Player(asked, choice.model, output, self._journal, seen)
        speed = _speed(request.headers) or self._tokens_per_second
        playing = asyncio.create_task(self._play(player, steps, speed, generation, seen))
        self._playing.add(playing)
        playing.add_done_callback(self._playing.discard)
        self._journal.end(seen, await _ending(playing, connection))

    async def _play(
        self, player: Player, steps: list[AnyStep], speed: float, generation: Generation, seen: Seen
    ) -> None:
        """Plays the answer and books it, in one go with its end: who has read the end finds it booked."""
        try:
            await player.play(steps, speed, self._closing)
            self._journal.end(seen, "complete")
        finally:
            self._account.record(generation, player.usage, player.finish, seen)

    def model(self, name: str) -> Model:
        """The model of that id, failures and scripts included. Raises ApiError where there is none."""
        if failure(name) or name.removeprefix(SCRIPT_PREFIX) in self.scripts:
            return catalog.invented(name, name, "a script.")
        model = catalog.find(name)
        if model is None:
            raise ApiError(404, f"Model {name} does not exist")
        return model

    def stop(self) -> None:
        """Ends all answers where they stand."""
        for playing in self._playing:
            playing.cancel()

    def _choose(self, asked: ChatRequest) -> Choice:
        """The first of the models asked for that can answer; the errors are those of the last."""
        names = [name for name in (asked.model, *asked.models) if name] or [catalog.AUTO]
        for name in names[:-1]:
            try:
                choice = self._choice(name, asked)
            except ApiError:
                continue
            if not any(isinstance(step, Status) for step in choice.script.takes[0][:1]):
                return choice
        return self._choice(names[-1], asked)

    def _choice(self, name: str, asked: ChatRequest) -> Choice:
        if found := failure(name):
            return Choice(name, catalog.invented(name, name, "a failure."), found)
        if name.startswith(SCRIPT_PREFIX) and (registered := self.scripts.get(name.removeprefix(SCRIPT_PREFIX))):
            return Choice(name.removeprefix(SCRIPT_PREFIX), catalog.invented(name, name, "a script."), registered)
        model = catalog.find(catalog.AUTO_CHOICE if name == catalog.AUTO else name)
        if model is None:
            raise ApiError(400, f"{name} is not a valid model ID")
        _check_fit(asked, model)
        return Choice(name, model, script(Answer()))


def _check_fit(asked: ChatRequest, model: Model) -> None:
    """Refuses what the model cannot read, cannot hold or cannot leave out."""
    for message in asked.messages:
        for part in parts_of(message):
            modality, words = _MODALITIES.get(type(part), ("text", ""))
            if not model.takes(modality):
                raise ApiError(404, f"No endpoints found that support {words}")
    longest, tokens = model.context_length, asked.prompt_tokens + (asked.token_limit or 0)
    if longest and tokens > longest:
        raise ApiError(
            400,
            f"This endpoint's maximum context length is {longest} tokens. However, you requested about {tokens}.",
            "context_length_exceeded",
        )
    if model.reasoning and model.reasoning.mandatory and asked.effort == "none":
        raise ApiError(400, "Reasoning is mandatory for this endpoint and cannot be disabled.")


async def _ending(playing: asyncio.Task[None], connection: Connection) -> Ending:
    """Waits until the answer is played or the client gone, and ends the other of the two."""
    leaving = asyncio.create_task(connection.left())
    await asyncio.wait({playing, leaving}, return_when=asyncio.FIRST_COMPLETED)
    left_first = not playing.done()
    playing.cancel()
    leaving.cancel()
    (outcome, _) = await asyncio.gather(playing, leaving, return_exceptions=True)
    if left_first:
        return "closed"
    if outcome is None:
        return "complete"
    await connection.cut(reset=isinstance(outcome, DroppedError) and outcome.reset)
    if not isinstance(outcome, DroppedError | asyncio.CancelledError):
        raise outcome
    return "dropped"


def _speed(headers: Headers) -> float | None:
    """Tokens per second, if this request sets its own."""
    given = headers.get(SPEED_HEADER, "")
    if not given:
        return None
    if not re.fullmatch(r"\d+(\.\d+)?", given) or not float(given):
        raise ApiError(400, f"{SPEED_HEADER} takes a number above 0.")
    return float(given)
