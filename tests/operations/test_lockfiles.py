"""What a lock file says is read as it stands there."""

import pytest

from webapp.operations.lockfiles import Digest, Locked, read_npm_lock, read_requirements

REQUIREMENTS = """\
async-timeout==5.0.1 ; python_full_version < '3.11.3' \\
    --hash=sha256:39e3 \\
    --hash=sha256:d9d7
    # via redis
certifi==2026.10.18 \\
    --hash=sha256:aa11
    # via
    #   httpcore
    #   httpx
litestar==2.25.0 \\
    --hash=sha256:bb22
    # via open-chat (pyproject.toml)
plain==1.0
"""
NPM_LOCK = """{"packages": {
    "": {"name": "open-chat"},
    "node_modules/@scope/one": {"version": "1.0.0", "integrity": "sha512-3q2+7w==", "license": "MIT"},
    "node_modules/two": {"version": "2.0.0", "dev": true}
}}"""


def sha256(*digests: str) -> tuple[Digest, ...]:
    return tuple(Digest("SHA-256", digest) for digest in digests)


def test_a_package_has_its_version_marker_hashes_and_who_asked_for_it() -> None:
    assert read_requirements(REQUIREMENTS) == (
        Locked(
            "async-timeout", "5.0.1", "python_full_version < '3.11.3'", sha256("39e3", "d9d7"), frozenset({"redis"})
        ),
        Locked("certifi", "2026.10.18", "", sha256("aa11"), frozenset({"httpcore", "httpx"})),
        Locked("litestar", "2.25.0", "", sha256("bb22"), frozenset({"open-chat"})),
        Locked("plain", "1.0"),
    )


@pytest.mark.parametrize("line", ["litestar>=2", "litestar", "-e .", "--index-url x", "one @ file:///one.whl"])
def test_what_is_not_a_package_with_one_version_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="not a package with one version"):
        read_requirements(f"{line}\n")


def test_npms_packages_have_theirs_in_hexadecimal_and_the_project_is_none_of_them() -> None:
    assert read_npm_lock(NPM_LOCK) == (
        Locked("@scope/one", "1.0.0", hashes=(Digest("SHA-512", "deadbeef"),), licence="MIT"),
        Locked("two", "2.0.0", is_for_tests=True),
    )
