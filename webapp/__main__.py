"""`python -m webapp VERB`; `--help` lists the verbs."""

import sys

from webapp.cli import main

sys.exit(main())
