"""How the rules that a programme file states in words become conditions, or faults."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from inspect import Parameter, signature
from math import isfinite

from mentormatch.errors import Fault, ProgrammeError
from mentormatch.people.programme import Programme, Rule
from mentormatch.rules import KINDS, Condition


def conditions(programme: Programme) -> tuple[Condition, ...]:
    """Return the conditions that a programme's rules state.

    Parameters
    ----------
    programme : Programme
        Its rules, in the words of its file.

    Raises
    ------
    ProgrammeError
        A rule is of an unknown kind, or its settings are not what that kind takes: all at once,
        with file and line.
    """
    faults: list[Fault] = []
    found: list[Condition] = []
    for rule in programme.rules:
        wrong = faults_of(rule, programme)
        faults += wrong
        if not wrong:
            made = KINDS[rule.kind](**rule.settings)
            found.append(replace(made, file=rule.file, line=rule.line))
    if faults:
        raise ProgrammeError(faults)
    return tuple(found)


def check(stated: Iterable[Condition], programme: Programme) -> None:
    """Raise ProgrammeError if conditions made in Python do not fit a programme."""
    faults: list[Fault] = []
    for one in stated:
        faults += faults_of(Rule(one.kind, one.settings, one.file, one.line), programme)
    if faults:
        raise ProgrammeError(faults)


def faults_of(rule: Rule, programme: Programme) -> list[Fault]:
    """Return what is wrong with a rule, stated in the words of a programme file."""

    def fault(code: str, column: str, value: object, accepted: Iterable[str] = ()) -> Fault:
        options = tuple(accepted)
        near = get_close_matches(str(value), options, 1)
        return Fault(
            code, rule.file, rule.line, column, str(value), options, near[0] if near else None
        )

    if rule.kind not in KINDS:
        return [fault("rules.unknown_kind", "rule", rule.kind, KINDS)]
    takes = signature(KINDS[rule.kind]).parameters
    faults = [
        fault("rules.unknown_setting", key, key, takes) for key in rule.settings if key not in takes
    ]
    for key, parameter in takes.items():
        if key not in rule.settings:
            if parameter.default is Parameter.empty:
                faults.append(fault("rules.missing_setting", key, rule.kind, takes))
            continue
        value = rule.settings[key]
        check = _SETTINGS.get(key)
        if key == "pairs" and rule.kind in ("banned", "locked", "not last year"):
            check = _is_pairs
        if check is not None and not check(value):
            faults.append(fault(f"rules.bad_{key}", key, value))
        elif key in ("department", "departments", "mentees_of", "mentors_of"):
            known = [department.key for department in programme.departments]
            faults += [
                fault("rules.unknown_department", key, name, known)
                for name in ((value,) if isinstance(value, str) else value)
                if name not in known
            ]
        elif key == "column":
            asked = sorted({question.answer for question in programme.questions})
            if asked and value not in asked:
                faults.append(fault("rules.unknown_column", key, value, asked))
            elif rule.kind == "common language" and _free_text(programme, value):
                faults.append(fault("rules.free_text", key, value))
    return faults


def _free_text(programme: Programme, answer: object) -> bool:
    """Say whether nobody can tell where one language ends and the next begins."""
    return any(
        question.answer == answer and question.kind == "text" for question in programme.questions
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_score(value: object) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and isfinite(float(str(value))) and 0 <= float(str(value)) <= 1


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_texts(value: object) -> bool:
    return _is_text(value) or (
        isinstance(value, (list, tuple)) and bool(value) and all(map(_is_text, value))
    )


def _is_pairs(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(
        isinstance(pair, (list, tuple)) and len(pair) == 2 and all(map(_is_text, pair))
        for pair in value
    )


_SETTINGS: Mapping[str, Callable[[object], bool]] = {
    "pairs": _is_count,
    "score": _is_score,
    "column": _is_text,
    "department": _is_text,
    "mentees_of": _is_text,
    "mentors_of": _is_text,
    "departments": _is_texts,
}
