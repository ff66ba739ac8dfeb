"""How the stand-in runs: in a thread beside another server, as a process, and how it ends."""

import asyncio
import logging
import signal
import socket
import threading

import httpx
import pytest

from tests.fakes.upstream import Upstream, running_standin, standin_process
from tests.standin.reading import ask, client
from webapp.standin.server import DEMO_KEY, start_in_thread
from webapp.standin.steps import Hold, Say


def test_it_answers_as_soon_as_it_has_started() -> None:
    with running_standin() as standin:
        assert httpx.get(f"{standin.base_url}/models", trust_env=False, verify=False).status_code == 200


def test_it_takes_the_demo_key() -> None:
    with running_standin() as standin:
        headers = {"Authorization": f"Bearer {DEMO_KEY}"}
        assert httpx.get(f"{standin.base_url}/key", headers=headers, trust_env=False, verify=False).status_code == 200


def test_it_leaves_no_thread_and_no_port_behind() -> None:
    before = set(threading.enumerate())
    standin = running_standin()
    port = httpx.URL(standin.base_url).port
    assert port
    standin.stop()
    standin.stop()
    assert set(threading.enumerate()) == before
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_a_port_in_use_is_an_error_at_once() -> None:
    with running_standin() as standin, pytest.raises(OSError, match="in use"):
        start_in_thread(port=httpx.URL(standin.base_url).port or 0)


def test_it_leaves_signals_and_loggers_alone(caplog: pytest.LogCaptureFixture) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    access = logging.getLogger("uvicorn.access")
    filters = list(access.filters)
    with running_standin() as standin, caplog.at_level(logging.DEBUG):
        httpx.get(f"{standin.base_url}/models", trust_env=False, verify=False)
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
        access.info("of the app's own server")
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")]
    assert lines == ["of the app's own server"]
    assert access.propagate
    assert access.filters == filters


async def test_stopping_ends_the_waiting(caplog: pytest.LogCaptureFixture) -> None:
    with running_standin() as standin:
        async with Upstream(standin.base_url) as upstream:
            waiting = asyncio.create_task(upstream.arrived("nobody"))
            await upstream.requests()
            await asyncio.to_thread(standin.stop)
            with pytest.raises((AssertionError, httpx.HTTPError)):
                await waiting
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_stopping_ends_the_answers_that_are_going_on() -> None:
    with running_standin() as standin:
        async with Upstream(standin.base_url) as upstream:
            model = await upstream.script("held", Say("x"), Hold("never"))
            async with client(standin.base_url) as api:
                asking = asyncio.create_task(ask(api, model))
                await upstream.reached("held", "never")
                await asyncio.to_thread(standin.stop)
                with pytest.raises(httpx.RemoteProtocolError):
                    await asking


def test_it_runs_as_a_process() -> None:
    with standin_process() as base_url:
        assert httpx.get(f"{base_url}/models", trust_env=False, verify=False, timeout=10).status_code == 200
