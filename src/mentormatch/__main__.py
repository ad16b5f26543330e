"""Lets ``python -m mentormatch`` stand for the command."""

import sys

from mentormatch.cli import main

sys.exit(main())
