"""The door of mentormatch: from sign-up sheets to pairs that are proved best.

Names are loaded when they are first used, so that ``import mentormatch`` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mentormatch import rules as rules
    from mentormatch.errors import InfeasibleError as InfeasibleError
    from mentormatch.errors import InputError as InputError
    from mentormatch.errors import MentormatchError as MentormatchError
    from mentormatch.errors import ProblemError as ProblemError
    from mentormatch.errors import ProfileError as ProfileError
    from mentormatch.errors import ProgrammeError as ProgrammeError
    from mentormatch.formulation import formulate as formulate
    from mentormatch.matching.aims import Aims as Aims
    from mentormatch.matching.alternatives import alternatives as alternatives
    from mentormatch.matching.blocking import blocking_pairs as blocking_pairs
    from mentormatch.matching.blocking import count_blocking_pairs as count_blocking_pairs
    from mentormatch.matching.certificate import certify as certify
    from mentormatch.matching.diagnose import diagnose as diagnose
    from mentormatch.matching.encodings import Encodings as Encodings
    from mentormatch.matching.pairs import Pairs as Pairs
    from mentormatch.matching.place_values import value_of_place as value_of_place
    from mentormatch.matching.price_of import price_of as price_of
    from mentormatch.matching.problem import Problem as Problem
    from mentormatch.matching.problem import Quota as Quota
    from mentormatch.matching.rankings import Rankings as Rankings
    from mentormatch.matching.relaxation import loosen as loosen
    from mentormatch.matching.result import Matching as Matching
    from mentormatch.matching.second_best import second_best as second_best
    from mentormatch.matching.solve import solve as solve
    from mentormatch.matching.stable import stable as stable
    from mentormatch.people.cohort import Cohort as Cohort
    from mentormatch.people.programme import Programme as Programme
    from mentormatch.people.programme_file.reader import read_programme as read_programme
    from mentormatch.people.sheets.reader import read_cohort as read_cohort
    from mentormatch.people.synthetic.maker import make_cohort as make_cohort
    from mentormatch.road import match as match
    from mentormatch.road import rematch as rematch
    from mentormatch.rulebook import conditions as conditions
    from mentormatch.scores.calibration import read_calibration as read_calibration
    from mentormatch.scores.calibration import write_calibration as write_calibration
    from mentormatch.scores.compatibility import Compatibility as Compatibility
    from mentormatch.scores.effective import effective_weights as effective_weights
    from mentormatch.scores.history import history as history
    from mentormatch.scores.learning import learn_weights as learn_weights
    from mentormatch.scores.score import score as score
    from mentormatch.scores.verdict import LearnedWeights as LearnedWeights
    from mentormatch.telling.changes import changes as changes
    from mentormatch.telling.costs import rule_costs as rule_costs
    from mentormatch.telling.curves import draw_curve as draw_curve
    from mentormatch.telling.explain import explain as explain
    from mentormatch.telling.fairness import fairness as fairness
    from mentormatch.telling.readiness import readiness as readiness
    from mentormatch.telling.sureness import sureness as sureness
    from mentormatch.telling.why import unmatched as unmatched
    from mentormatch.telling.why import why_not as why_not
    from mentormatch.telling.write import write_all as write_all
    from mentormatch.telling.write import write_calendar as write_calendar
    from mentormatch.telling.write import write_letters as write_letters
    from mentormatch.telling.write import write_report as write_report
    from mentormatch.telling.write import write_workbook as write_workbook

_HOMES = {
    "errors": (
        "InfeasibleError",
        "InputError",
        "MentormatchError",
        "ProblemError",
        "ProfileError",
        "ProgrammeError",
    ),
    "formulation": ("formulate",),
    "road": ("match", "rematch"),
    "matching.blocking": ("blocking_pairs", "count_blocking_pairs"),
    "matching.aims": ("Aims",),
    "matching.alternatives": ("alternatives",),
    "matching.certificate": ("certify",),
    "matching.diagnose": ("diagnose",),
    "matching.encodings": ("Encodings",),
    "matching.pairs": ("Pairs",),
    "matching.place_values": ("value_of_place",),
    "matching.price_of": ("price_of",),
    "matching.problem": ("Problem", "Quota"),
    "matching.rankings": ("Rankings",),
    "matching.relaxation": ("loosen",),
    "matching.result": ("Matching",),
    "matching.second_best": ("second_best",),
    "matching.solve": ("solve",),
    "matching.stable": ("stable",),
    "people.cohort": ("Cohort",),
    "people.programme": ("Programme",),
    "people.programme_file.reader": ("read_programme",),
    "people.sheets.reader": ("read_cohort",),
    "people.synthetic.maker": ("make_cohort",),
    "telling.readiness": ("readiness",),
    "rulebook": ("conditions",),
    "rules": ("rules",),
    "scores.compatibility": ("Compatibility",),
    "scores.effective": ("effective_weights",),
    "scores.calibration": ("read_calibration", "write_calibration"),
    "scores.history": ("history",),
    "scores.learning": ("learn_weights",),
    "scores.score": ("score",),
    "scores.verdict": ("LearnedWeights",),
    "telling.changes": ("changes",),
    "telling.costs": ("rule_costs",),
    "telling.curves": ("draw_curve",),
    "telling.explain": ("explain",),
    "telling.fairness": ("fairness",),
    "telling.sureness": ("sureness",),
    "telling.why": ("unmatched", "why_not"),
    "telling.write": (
        "write_all",
        "write_calendar",
        "write_letters",
        "write_report",
        "write_workbook",
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # noqa: PLE0605  (the same names are loaded when asked for)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _HOME:
        raise AttributeError(f"module 'mentormatch' has no attribute {name!r}")
    module = import_module(f"mentormatch.{_HOME[name]}")
    # A function or value shadows the module of the same name for good.
    found = module if name == "rules" else getattr(module, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
