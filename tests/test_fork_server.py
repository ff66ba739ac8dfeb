"""A fork of the loaded app is like `python -m webapp`, in all that tests look at."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.fork_server import ROOT, Child, fork_server

PATIENCE = 30.0


def start(folder: Path, arguments: list[str], environ: dict[str, str]) -> Child:
    with (folder / "output").open("w") as output, (folder / "errors").open("w") as errors:
        return fork_server().start(arguments, environ, output.fileno(), errors.fileno())


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        (["--help"], {}),
        (["nothing"], {}),
        (["serve"], {"PORT": "many"}),
        (["db", "status"], {"DATA_DIR": "nowhere"}),
    ],
)
def test_it_prints_and_ends_as_a_process_of_its_own(
    tmp_path: Path, arguments: list[str], environ: dict[str, str]
) -> None:
    given = {"PATH": os.environ["PATH"], **environ}
    own = subprocess.run(
        [sys.executable, "-m", "webapp", *arguments], cwd=ROOT, env=given, capture_output=True, text=True, check=False
    )
    code = start(tmp_path, arguments, given).wait(PATIENCE)
    assert code == own.returncode
    assert (tmp_path / "output").read_text() == own.stdout
    assert (tmp_path / "errors").read_text() == own.stderr


def test_the_signal_that_ended_it_is_its_code(tmp_path: Path) -> None:
    served = start(tmp_path, ["serve"], {"DATA_DIR": str(tmp_path), "PORT": "0", "OPENROUTER_API_KEY": "x"})
    with pytest.raises(TimeoutError):
        served.wait(0.01)
    served.send_signal(signal.SIGKILL)
    assert served.wait(PATIENCE) == -signal.SIGKILL
    assert served.wait(PATIENCE) == -signal.SIGKILL
