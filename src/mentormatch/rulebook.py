"""How the rules that a programme file states in words become conditions, or faults."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from inspect import Parameter, signature
from math import isfinite

from mentormatch.errors import Fault, ProgrammeError
from mentormatch.people.programme import Programme, Rule
from mentormatch.rules import KINDS, Condition
from mentormatch.rules.aims import USES
from mentormatch.rules.groups import faults_of_group


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
    found: list[tuple[Rule, Condition]] = []
    for rule in programme.rules:
        wrong = faults_of(rule, programme)
        faults += wrong
        if not wrong:
            made = KINDS[rule.kind](**rule.settings)
            found.append((rule, replace(made, file=rule.file, line=rule.line)))
    faults += _contradictions(found)
    if faults:
        raise ProgrammeError(faults)
    return tuple(made for _, made in found)


def check(stated: Iterable[Condition], programme: Programme) -> None:
    """Raise ProgrammeError if conditions made in Python do not fit a programme."""
    faults: list[Fault] = []
    sound: list[tuple[Rule, Condition]] = []
    for one in stated:
        rule = Rule(one.kind, one.settings, one.file, one.line)
        wrong = faults_of(rule, programme)
        faults += wrong
        if not wrong:
            sound.append((rule, one))
    faults += _contradictions(sound)
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
        if key == "column" and rule.kind in ("wishes", "vetoes"):
            check = _is_texts
        if key == "pairs" and rule.kind in ("banned", "locked", "not last year"):
            check = _is_pairs
        if check is not None and not check(value):
            faults.append(fault(f"rules.bad_{key}", key, value))
        elif key in GROUPS:
            several = isinstance(value, (list, tuple))
            for group in value if several else (value,):
                faults += [
                    fault(code, key, wrong, accepted)
                    for code, wrong, accepted in faults_of_group(group, programme)
                ]
        elif key == "column":
            asked = sorted({question.answer for question in programme.questions})
            faults += [
                fault("rules.unknown_column", key, name, asked)
                for name in ((value,) if isinstance(value, str) else value)
                if asked and name not in asked
            ]
            if rule.kind == "common language" and _free_text(programme, value):
                faults.append(fault("rules.free_text", key, value))
    if not faults:
        faults += _together(rule, fault)
    return faults


def _together(rule: Rule, fault: Callable[..., Fault]) -> list[Fault]:
    """Return what is wrong with the settings of a rule taken together."""
    given = rule.settings
    if rule.kind == "reserved places" and ("department" in given) == ("mentor" in given):
        return [fault("rules.one_of_two", "mentor", given.get("mentor", ""))]
    if rule.kind == "mentees per mentor":
        least, most = given.get("at_least", 0), given.get("at_most")
        if most is not None and least > most:
            return [fault("rules.least_above_most", "at_least", least)]
        if not least and most is None and "column" not in given:
            return [fault("rules.no_number", "at_least", least)]
        if "departments" in given and "mentors" in given:
            return [fault("rules.one_of_two", "mentors", given["mentors"])]
    if rule.kind == "priority" and len(given) != 1:
        return [fault("rules.one_of_three", "mentees", given.get("mentees", ""))]
    return []


def _contradictions(stated: Sequence[tuple[Rule, Condition]]) -> list[Fault]:
    """Return rules that contradict an earlier one outright, whoever signs up."""
    faults: list[Fault] = []
    for k, (rule, condition) in enumerate(stated):
        for earlier, other in stated[:k]:
            if _contradict(condition, other) or _contradict(other, condition):
                where = "" if earlier.line is None else str(earlier.line)
                details = {"kind": other.kind, "line": where}
                code = "rules.contradicts_line" if where else "rules.contradicts"
                faults.append(Fault(code, rule.file, rule.line, "rule", rule.kind, details=details))
    return faults


def _contradict(one: Condition, other: Condition) -> bool:
    """Say whether one rule asks for what the other one forbids."""
    a, b = one.settings, other.settings
    match one.kind, other.kind:
        case "at least between", "at most between":
            alike = a["mentees_of"] == b["mentees_of"] and a["mentors_of"] == b["mentors_of"]
            return bool(alike and a["pairs"] > b["pairs"])
        case "locked", "banned":
            return not set(map(tuple, a["pairs"])).isdisjoint(map(tuple, b["pairs"]))
        case "mentees per mentor", "mentees per mentor":
            who = ("departments", "mentors")
            alike = all(a.get(key) == b.get(key) for key in who)
            most = b.get("at_most")
            return alike and most is not None and a["at_least"] > most
    return False


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


def _is_group(value: object) -> bool:
    return _is_text(value) or (isinstance(value, Mapping) and bool(value))


def _is_groups(value: object) -> bool:
    return _is_group(value) or (
        isinstance(value, (list, tuple)) and bool(value) and all(map(_is_group, value))
    )


def _is_share(value: object) -> bool:
    """Return whether a value is per cent: 0.5 would be meant as half, and is refused."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    share = float(str(value)) if number else float("nan")
    return share == 0 or 1 <= share <= 100


def _is_pairs(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(
        isinstance(pair, (list, tuple)) and len(pair) == 2 and all(map(_is_text, pair))
        for pair in value
    )


#: Settings that hold a department or another group of people, or a list of them.
GROUPS = ("department", "departments", "mentees_of", "mentors_of", "kept_for")
_SETTINGS: Mapping[str, Callable[[object], bool]] = {
    "pairs": _is_count,
    "places": _is_count,
    "at_least": _is_count,
    "at_most": _is_count,
    "score": _is_score,
    "share": _is_share,
    "column": _is_text,
    "mentor": _is_text,
    "mentors": _is_texts,
    "department": _is_group,
    "mentees_of": _is_group,
    "mentors_of": _is_group,
    "departments": _is_groups,
    "kept_for": _is_groups,
    "mentees": _is_texts,
    "use": lambda value: value in USES,
    "means": lambda value: isinstance(value, bool),
}
