"""Whatever the app calls over the network, and nothing else does."""

import sys

# httpx loads its command-line program wherever Rich is there, as Litestar brings it: six megabytes and a twentieth of a
# second for what is never called. None makes that import fail, which httpx takes for "not installed".
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None is what the import system looks for
