"""What the metadata of a package says of its licence, as an SPDX expression where it is clear which one. Pure."""

from collections.abc import Sequence
from typing import Final

from webapp.operations.cyclonedx import LicenceChoice, NamedLicence

_CLASSIFIER: Final = "License :: OSI Approved :: "
# What older metadata calls them.
_SPDX: Final = {
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD-0-Clause": "0BSD",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    **{name: name for name in ("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "PSF-2.0")},
    "MIT OR Apache-2.0": "MIT OR Apache-2.0",
}


def licence_of(*, expression: str = "", field: str = "", classifiers: Sequence[str] = ()) -> LicenceChoice | None:
    """From `License-Expression`; else the first line of `License`, then the classifiers; None where all are silent.

    What is none of SPDX's, such as "BSD License", which leaves open which of them, stays a name.
    """
    if expression:
        return LicenceChoice(expression)
    approved = [one.removeprefix(_CLASSIFIER) for one in classifiers if one.startswith(_CLASSIFIER)]
    names = [line.strip() for line in (*field.strip().splitlines()[:1], *approved)]
    spdx = next((_SPDX[name] for name in names if name in _SPDX), None)
    if spdx is not None:
        return LicenceChoice(spdx)
    return LicenceChoice(license=NamedLicence(names[-1])) if names else None
