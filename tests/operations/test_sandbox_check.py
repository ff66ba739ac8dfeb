"""The check of the sandbox: it does a job, or says that none can be done."""

import sys

import pytest

from webapp.operations.checks import Level
from webapp.operations.sandbox_check import SandboxCheck
from webapp.sandbox.sandbox import Sandbox


async def test_a_sandbox_that_works_is_good_and_is_not_asked_again_soon() -> None:
    sandbox = Sandbox()
    check = SandboxCheck(sandbox)
    async with sandbox.running():
        assert (await check.look()).level is Level.GOOD
        assert len(sandbox.pids) == 1
    assert (await check.look()).level is Level.GOOD
    assert sandbox.pids == []


async def test_one_that_cannot_start_a_process_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    sandbox = Sandbox()
    async with sandbox.running():
        finding = await SandboxCheck(sandbox).look()
    assert finding.level is Level.BAD
    assert "No such file" in finding.says


async def test_one_whose_processes_die_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    sandbox = Sandbox()
    async with sandbox.running():
        assert (await SandboxCheck(sandbox).look()).level is Level.BAD
