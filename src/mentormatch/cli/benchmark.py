"""The job that measures solvers on made-up cohorts."""

from __future__ import annotations

import argparse
import json

from mentormatch.cli.console import DONE, OUR_FAULT, complain, tell
from mentormatch.words import say


def bench(options: argparse.Namespace, language: str) -> int:
    """Measure the small set, and print it as a table."""
    from mentormatch.benching.measure import Case, look, measure  # noqa: PLC0415  (quick --help)
    from mentormatch.benching.peers import PEERS  # noqa: PLC0415  (only this command needs it)
    from mentormatch.benching.sets import small  # noqa: PLC0415  (only this command needs it)
    from mentormatch.benching.table import figures, markdown, proved  # noqa: PLC0415  (only this command needs it)
    from mentormatch.telling.files import whole_file  # noqa: PLC0415  (only this command needs it)

    def told_of(turn: int, case: Case, solver: str) -> None:
        kind = say(f"bench.kind_{case.kind.replace(' ', '_')}", language)
        tell("bench.run", language, round=turn, kind=kind, n=case.n, solver=solver)

    cases, here = small(options.seed), look()
    tell(
        "bench.starts",
        language,
        cases=len(cases),
        solvers=len(here.versions),
        rounds=options.repeats,
    )
    rows = measure(
        cases, list(PEERS), repeats=options.repeats, places=[here], patience=50, tell=told_of
    )
    if options.json is not None:
        with whole_file(options.json) as aside:
            told = json.dumps(figures(rows), indent=2, ensure_ascii=False)
            aside.write_text(told + "\n", encoding="utf-8", newline="\n")
    print(markdown(rows, language) + "\n")
    rounds = max(len(row.runs) for row in rows)
    print(say("bench.about_table", language, count=rounds))
    if missing := [name for name in PEERS if name not in here.versions]:
        print(say("bench.about_missing", language, solvers=", ".join(missing)))
    if not proved(rows):
        return complain(say("bench.failed", language), OUR_FAULT)
    print(say("bench.about_proof", language))
    return DONE
