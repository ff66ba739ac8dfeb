"""A file is read in another process: whatever becomes of that, the import says so, and others go on."""

import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from tests.documents import misreading
from tests.documents.conftest import Cast
from tests.fakes import exports
from tests.fakes.eventually import eventually
from tests.fakes.gallery import gallery_of
from webapp.documents.imports import importer as module
from webapp.documents.imports.importer import Importer, ReadingJob
from webapp.documents.imports.reading_job import Batch, Sent, Unreadable, reading_job
from webapp.documents.imports.store import Import
from webapp.sandbox.job import Job, Limits
from webapp.sandbox.sandbox import Sandbox
from webapp.web.uploads import Upload

Work = Callable[[Sent], Iterator[Batch | Unreadable]]

TO_ITS_END = "What's below came before that, and isn't brought in."


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    one = Sandbox()
    async with one.running():
        yield one


def instead(work: Work, *, processor: int = 60, wait: float = 60, patience: float = 60) -> ReadingJob:
    limits = Limits(processor, wait, patience, memory=512_000_000, output=1_000_000)
    return lambda sent, size: Job(work, Sent, Batch | Unreadable, limits, is_long=True)


def importer_of(cast: Cast, sandbox: Sandbox, job: ReadingJob = reading_job) -> Importer:
    return Importer(
        cast.imports, gallery_of(cast.database), sandbox, max_bytes=1_000_000, default_model=lambda: "", job=job
    )


def upload(folder: Path, name: str = "sent.json") -> Upload:
    path = folder / name
    path.write_bytes(msgspec.json.encode([exports.claude(), exports.chatgpt()]))
    return Upload(path, name, path.stat().st_size)


async def read(cast: Cast, importer: Importer, sent: Upload, owner: UUID) -> Import:
    key = await importer.receive(owner, sent)
    await importer.idle()
    return await cast.imports.find(owner, key)


async def test_a_file_is_read_and_nothing_is_left_of_it(
    cast: Cast, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    sent = upload(tmp_path)
    made = await read(cast, importer_of(cast, sandbox), sent, cast.alice)
    assert (made.state, (await cast.imports.tally(cast.alice, made.id)).waiting) == ("ready", 2)
    assert not sent.path.exists()
    assert list((tmp_path / "temporary").iterdir()) == []
    assert sandbox.pids == []


@pytest.mark.parametrize(
    ("job", "problem"),
    [
        (instead(misreading.never_end, wait=0.5), "This file couldn't be read: it takes too long."),
        (instead(misreading.never_end, processor=1), "This file couldn't be read: it takes too long."),
        (
            instead(misreading.end_never_after_the_first, processor=1),
            f"This file couldn't be read to its end: it takes too long. {TO_ITS_END}",
        ),
        (instead(misreading.die), f"This file couldn't be read to its end. {TO_ITS_END}"),
        (instead(misreading.be_killed), "This file couldn't be read: it needs more memory than an import may take."),
        (instead(misreading.take_memory), "This file couldn't be read: it needs more memory than an import may take."),
        (instead(misreading.fail), "This file couldn't be read."),
    ],
)
async def test_what_ends_the_reading_is_said(
    cast: Cast, sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture, job: ReadingJob, problem: str
) -> None:
    sent = upload(tmp_path)
    with caplog.at_level(logging.WARNING):
        made = await read(cast, importer_of(cast, sandbox, job), sent, cast.alice)
    assert (made.state, made.problem) == ("failed", problem)
    assert not sent.path.exists()
    assert str(sent.path) not in caplog.text
    listed = [one.title for one in await cast.imports.listed(cast.alice, made.id, 9)]
    assert listed == (["Before"] if TO_ITS_END in problem else [])
    again = await read(cast, importer_of(cast, sandbox), upload(tmp_path), cast.alice)
    assert again.state == "ready"


async def test_while_no_process_is_free_the_file_waits_and_is_then_given_back(
    cast: Cast, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Two files at once are read, so a third one waits; and one of an owner's behind another of the same."""
    slow = importer_of(cast, sandbox, instead(misreading.wait))
    first = await slow.receive(cast.alice, upload(tmp_path, "slow.json"))
    await eventually(lambda: is_at_work(sandbox, 1))
    await cast.imports.delete(cast.alice, first)  # its reader doesn't know yet
    impatient = importer_of(cast, sandbox, instead(misreading.die, patience=0.05))
    made = await read(cast, impatient, upload(tmp_path), cast.alice)
    assert made.problem == "The server is busy reading other files. Send this one again in some minutes."
    other = await read(cast, importer_of(cast, sandbox), upload(tmp_path), cast.bob)
    assert other.state == "ready"
    for pid in sandbox.pids:
        os.kill(pid, 9)
    await slow.idle()


async def is_at_work(sandbox: Sandbox, number: int) -> bool:
    return len(sandbox.pids) == number


async def test_a_file_that_takes_long_gives_signs(
    cast: Cast, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SIGN_INTERVAL", 0.05)
    signs, turn = list[str](), cast.imports.turn

    async def counted(owner: UUID, key: UUID, before: str, after: str, problem: str = "") -> None:
        signs.append(after)
        await turn(owner, key, before, after, problem)  # type: ignore[arg-type]

    monkeypatch.setattr(cast.imports, "turn", counted)
    made = await read(
        cast, importer_of(cast, sandbox, instead(misreading.never_end, wait=3)), upload(tmp_path), cast.alice
    )
    assert signs.count("reading") >= 2
    assert (made.state, signs[-1]) == ("failed", "failed")
