"""The software bill of materials: in the form of CycloneDX, complete, and with a licence for each that we may ship."""

import re
import shutil
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from webapp.app import ROOT
from webapp.cli import main
from webapp.operations.cyclonedx import Bom, Component, LicenceChoice, NamedLicence
from webapp.operations.licences import licence_of
from webapp.operations.lockfiles import read_npm_lock, read_requirements
from webapp.operations.sbom import take_inventory
from webapp.web.assets import HTMX_FILES, MERMAID_FILE

NOW = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)
# We may ship what is under these beside code under MIT. MPL-2.0 asks for the source of changed files: we change none.
LICENCES = {
    *("0BSD", "Apache-2.0", "BSD License", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MIT-CMU"),
    *("MPL-2.0", "PSF-2.0"),
}


@cache
def inventory() -> Bom:
    return take_inventory(ROOT, NOW).bom


def components() -> dict[str, Component]:
    return {one.name: one for one in inventory().components}


def schema(name: str) -> Any:
    return msgspec.json.decode((files("cyclonedx.schema") / "_res" / name).read_bytes())


def test_it_is_valid_by_the_schema_of_cyclonedx() -> None:
    others = ("spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json")
    registry = jsonschema_rs.Registry([(f"http://cyclonedx.org/schema/{name}", schema(name)) for name in others])
    validator = jsonschema_rs.validator_for(
        schema("bom-1.6.SNAPSHOT.schema.json"), registry=registry, validate_formats=True
    )
    document = msgspec.json.decode(msgspec.json.encode(inventory()))
    assert [error.message for error in validator.iter_errors(document)] == []
    assert not validator.is_valid(document | {"specVersion": 1.6})


def test_each_component_has_a_reference_of_its_own() -> None:
    top = [inventory().metadata.component, *inventory().components]
    references = [one.bom_ref for one in (*top, *(file for one in top for file in one.components))]
    assert len(references) == len(set(references))
    assert {one.ref for one in inventory().dependencies} == {one.bom_ref for one in top}


def test_it_has_all_that_is_locked_for_this_machine_by_its_hashes_and_none_of_the_tests_packages() -> None:
    locked = (
        *read_requirements((ROOT / "requirements.txt").read_text()),
        *(one for one in read_npm_lock((ROOT / "package-lock.json").read_text()) if not one.is_for_tests),
    )
    everywhere = {one.name for one in locked if not one.marker}
    there = {one.name: one for one in inventory().components if one.type == "library"}
    assert everywhere <= set(there) <= {one.name for one in locked}
    for one in locked:
        if one.name in there:
            assert there[one.name].version == one.version
            assert there[one.name].references[0].hashes == one.hashes


def test_it_has_each_file_of_npm_that_pages_load() -> None:
    names = {file.name for one in inventory().components for file in one.components}
    assert names == {*HTMX_FILES, MERMAID_FILE}


def test_it_tells_who_needs_what() -> None:
    needs = {one.ref.rpartition("/")[2].partition("@")[0]: one.depends_on for one in inventory().dependencies}
    names = {name: {reference.rpartition("/")[2].partition("@")[0] for reference in needs[name]} for name in needs}
    assert {"litestar", "python", "htmx.org", "tiny", "nh3"} <= names["open-chat"]
    assert "faker" not in names["open-chat"]
    assert "faker" in names["polyfactory"]
    assert "httpx" in names["open-chat"] & names["litestar"]


def test_each_package_has_a_licence_that_lets_us_ship_it() -> None:
    for one in components().values():
        if one.type != "platform":
            assert one.licenses, one.name
            (said,) = one.licenses
            text = said.license.name if said.license else said.expression
            assert set(re.split(r" AND | OR |[()]", text)) - {""} <= LICENCES, one.name


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ({"expression": "Apache-2.0 AND MIT", "field": "BSD"}, LicenceChoice("Apache-2.0 AND MIT")),
        ({"field": "MIT License\n\nCopyright (c) 2022"}, LicenceChoice("MIT")),
        ({"classifiers": ["Framework :: X", "License :: OSI Approved :: MIT License"]}, LicenceChoice("MIT")),
        ({"field": "see LICENSE", "classifiers": ["License :: OSI Approved :: MIT License"]}, LicenceChoice("MIT")),
        ({"field": "Mine alone"}, LicenceChoice(license=NamedLicence("Mine alone"))),
        ({"classifiers": ["Framework :: X"]}, None),
    ],
)
def test_older_metadata_says_the_same_in_other_words(metadata: Any, licence: LicenceChoice | None) -> None:
    assert licence_of(**metadata) == licence


def test_what_is_not_as_locked_is_said_and_its_hashes_are_left_out(tmp_path: Path) -> None:
    text = (ROOT / "requirements.txt").read_text().replace("litestar==2.", "litestar==1.")
    (tmp_path / "requirements.txt").write_text(f"{text}never-installed==1.0\n")
    shutil.copy(ROOT / "package-lock.json", tmp_path)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    found = take_inventory(tmp_path, NOW)
    here = components()["litestar"].version
    assert found.notes == (
        f"litestar is {here} here, and 1{here[1:]} in requirements.txt.",
        "never-installed 1.0 is in requirements.txt, but not installed.",
    )
    assert next(one for one in found.bom.components if one.name == "litestar").references == ()


def test_the_verb_writes_it_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sbom"]) == 0
    said = capsys.readouterr()
    assert msgspec.json.decode(said.out, type=Bom).components == inventory().components
    assert said.err == ""


def test_a_lock_file_that_is_missing_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("webapp.commands.sbom.ROOT", tmp_path)
    assert main(["sbom"]) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'requirements.txt'} cannot be read: No such file or directory.\n"
