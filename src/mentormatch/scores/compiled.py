"""Whether so many pairs are worth loading compiled code for; results are the same either way."""

from __future__ import annotations

import os
import sys

#: From so many pairs on, compiled code is quicker even if it has to be loaded first; once it is
#: loaded it is quicker for fewer, too.
MANY, FEW = 2**17, 2**10

_LOOPS = "mentormatch.scores.loops"


def worth_compiling(pairs: int) -> bool:
    """Say whether compiled code is the quicker way to the scores of so many pairs."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return False
    return pairs >= (FEW if _LOOPS in sys.modules else MANY)
