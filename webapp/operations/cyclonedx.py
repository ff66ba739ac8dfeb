"""The form of a software bill of materials: as much of CycloneDX 1.6 as ours needs, to be written as JSON. Pure."""

from typing import Literal

import msgspec

from webapp.operations.lockfiles import Digest


class NamedLicence(msgspec.Struct, frozen=True):
    name: str


class LicenceChoice(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of both: an expression of SPDX, or a name."""

    expression: str = ""
    license: NamedLicence | None = None


class Reference(msgspec.Struct, frozen=True):
    type: Literal["distribution"]
    url: str
    comment: str
    hashes: tuple[Digest, ...]


class Component(
    msgspec.Struct, frozen=True, omit_defaults=True, rename={"bom_ref": "bom-ref", "references": "externalReferences"}
):
    type: Literal["application", "file", "library", "platform"]
    name: str
    bom_ref: str = ""  # by which dependencies name it; only one has it
    version: str = ""
    hashes: tuple[Digest, ...] = ()
    licenses: tuple[LicenceChoice, ...] = ()
    cpe: str = ""
    purl: str = ""
    references: tuple[Reference, ...] = ()
    components: tuple["Component", ...] = ()


class Tools(msgspec.Struct, frozen=True):
    components: tuple[Component, ...]


class Metadata(msgspec.Struct, frozen=True):
    timestamp: str
    tools: Tools
    component: Component


class Dependency(msgspec.Struct, frozen=True, rename={"depends_on": "dependsOn"}):
    ref: str
    depends_on: tuple[str, ...]


class Bom(msgspec.Struct, frozen=True, kw_only=True, rename={"format": "bomFormat", "spec_version": "specVersion"}):
    format: str = "CycloneDX"
    spec_version: str = "1.6"
    version: int = 1
    metadata: Metadata
    components: tuple[Component, ...]
    dependencies: tuple[Dependency, ...]
