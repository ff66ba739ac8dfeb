"""The scripts that find a browser and start the tests, in a checkout of their own with nothing around them."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from webapp.app import ROOT

TOOLS: Final = ("sh", "dirname", "cat", "chmod", "cp")
# A distribution that has what the file `packages` lists, and whose lists of packages are fetched first.
APT_GET: Final = """#!/bin/sh
case "$1" in
update) cp packages known ;;
install)
    for package in "$@"; do :; done
    case " $(cat known 2>/dev/null) " in *" $package "*) ;; *) exit 100 ;; esac
    cp path/sh "path/$package"
    ;;
esac
"""
# Playwright, without a browser of its own; and a pytest that says what it is asked to do.
PYTHON: Final = """#!/bin/sh
case "$*" in
*"-m pytest"*) printf '%s\\n' "$*" ;;
*) exit 1 ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for folder in ("bin", "path", ".venv/bin", "tests/web"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("bin/browser", "bin/test"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None
        (tmp_path / "path" / name).symlink_to(found)
    put(tmp_path / "path" / "id", "#!/bin/sh\necho 0\n")
    put(tmp_path / "path" / "apt-get", APT_GET)
    put(tmp_path / ".venv" / "bin" / "python", PYTHON)
    return tmp_path


def put(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)


def run(checkout: Path, script: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    path = {"PATH": str(checkout / "path")}
    command = [str(checkout / "bin" / script), *arguments]
    return subprocess.run(command, env=path | environ, capture_output=True, text=True, check=False)


# The browser


def browser(checkout: Path, **environ: str) -> str:
    """The name of the program that is found."""
    return Path(run(checkout, "browser", **environ).stdout.strip()).name


def test_the_headless_shell_is_preferred(checkout: Path) -> None:
    put(checkout / "path" / "chromium", "")
    assert browser(checkout) == "chromium"
    put(checkout / "path" / "chromium-headless-shell", "")
    assert browser(checkout) == "chromium-headless-shell"
    put(checkout / "path" / "mine", "")
    assert browser(checkout, CHROMIUM="mine") == "mine"


def test_on_a_fresh_machine_the_shell_is_installed(checkout: Path) -> None:
    (checkout / "packages").write_text("chromium chromium-headless-shell")
    assert browser(checkout) == "chromium-headless-shell"
    assert not (checkout / "path" / "chromium").exists()


def test_a_distribution_without_the_shell_gives_a_whole_chromium(checkout: Path) -> None:
    (checkout / "packages").write_text("chromium")
    assert browser(checkout) == "chromium"


def test_without_any_the_last_line_says_what_to_do(checkout: Path) -> None:
    (checkout / "packages").write_text("")
    done = run(checkout, "browser")
    assert (done.returncode, done.stdout) == (1, "")
    assert "CHROMIUM=" in done.stderr.splitlines()[-1]


# How many cores


@pytest.fixture
def started(checkout: Path) -> Path:
    """A checkout where everything is installed, which leaves bin/test with pytest alone to start."""
    put(checkout / "bin" / "setup", "#!/bin/sh\n")
    put(checkout / "path" / "chromium", "")
    (checkout / "tests" / "web" / "test_one.py").touch()
    return checkout


@pytest.mark.parametrize("arguments", [(), ("--durations=25",), ("-k", "split or cut"), ("-x", "--last-failed")])
def test_options_alone_leave_it_at_all_cores(started: Path, arguments: tuple[str, ...]) -> None:
    asked = run(started, "test", *arguments).stdout.split()
    assert asked[:4] == ["-m", "pytest", "-n", "auto"]
    assert " ".join(arguments) in " ".join(asked)


@pytest.mark.parametrize("path", ["tests/web", "tests/web/test_one.py", "tests/web/test_one.py::test_it[a b]"])
def test_named_files_and_folders_run_on_one_core(started: Path, path: str) -> None:
    assert run(started, "test", path, "-k", "it").stdout == f"-m pytest {path} -k it\n"
