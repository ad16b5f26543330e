"""Made-up stories for the tests of the writers: a small tricky one and large plain ones."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from mentormatch.errors import Fault
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import Department, Event, Programme, Question, Words
from mentormatch.scores.score import score
from mentormatch.telling.story import Story

STOCKHOLM = ZoneInfo("Europe/Stockholm")

HTML_NAME = "<img src=x onerror=alert(1)>"
FORMULA_NAME = '=HYPERLINK("http://x")'
LONG_NAME = ("Maximiliana " * 17)[:199] + "a"

DEPARTMENTS = (
    Department("physics", Words("Physics", "Fysik"), coordinator="physics@example.org"),
    Department("astronomy", Words("Astronomy", "Astronomi"), coordinator="astronomy@example.org"),
    Department("media", Words("Media Studies", "Medievetenskap"), coordinator="media@example.org"),
)
MORE_DEPARTMENTS = (
    *DEPARTMENTS,
    Department("biology", Words("Biology Education", "Biologisk grundutbildning")),
    Department("meteorology", Words("Meteorology", "Meteorologi")),
    Department("health", Words("Public Health Sciences", "Folkhälsovetenskap")),
    Department("romance", Words("Romance Studies and Classics", "Romanska och klassiska studier")),
    Department("resilience", Words("Stockholm Resilience Centre", "Stockholm Resilience Centre")),
)
INTERESTS = ("data analysis", "teaching", "climate", "journalism", "startups", "research")

PARTS = {
    "en": {"department": "Department", "interests": "Interests", "goals": "Goals"},
    "sv": {"department": "Institution", "interests": "Intressen", "goals": "Mål"},
}
SURE = {"en": ("certain", "likely", "close"), "sv": ("säker", "trolig", "jämn")}

IN_SHORT = {
    "en": ("Physics was served best.", "Two rules stand in the way."),
    "sv": ("Fysik fick mest.", "Två regler står i vägen."),
}


@dataclass(frozen=True)
class Person:
    """One made-up person: department by its place in the list of departments."""

    id: str
    name: str
    department: int
    places: int = 1
    interests: tuple[str, ...] = ("data analysis", "teaching")


@dataclass(frozen=True)
class Pair:
    """One made-up pair: ids, the parts of its score, and its runner-up."""

    mentee: str
    mentor: str
    parts: tuple[float, float, float]
    runner_up: str = ""
    cost: float = float("nan")
    people: int = 0
    sure: int = 0


MENTEES = (
    Person("s01", HTML_NAME, 0),
    Person("s02", FORMULA_NAME, 0),
    Person("s03", "Åsa Öberg", 0),
    Person("s04", "Null", 0),
    Person("s05", LONG_NAME, 0),
    Person("s06", "Björn Ek", 0),
    Person("s07", "Åsa Öberg", 1),
    Person("s08", "+46 70 000", 1),
    Person("s09", 'Anna "Ann" O\'Neil & Co', 1),
    Person("s10", "Zoë Ångström", 1),
    Person("0011", "{mentee} %s {0}", 1),
    Person("s12", "Ida Nord", 1),
    Person("s13", "Per <b>Bold</b>", 1),
    Person("s14", "Maj Lind", 2),
)
MENTORS = (
    Person("m01", "Doris Alm", 0, 2),
    Person("m02", "@SUM(A1:A9)", 0, 2),
    Person("m03", "Erik Dahl", 0),
    Person("m04", "</script><script>alert(2)</script>", 0, 3),
    Person("m05", "Åsa Öberg", 0),
    Person("m06", "Null", 1, 2),
    Person("m07", "-1+1", 1, 2),
    Person("0012", "Östen Ärlig", 1, 1),
    Person("m09", "Ulla Storm", 1),
    Person("m10", "Nils Frånvarande", 2, 1),
    Person("m11", "Tova Ingenplats", 0, 0),
)
PAIRS = (
    Pair("s01", "m01", (0.4, 0.25, 0.2), "m02", 0.034, 0, 0),
    Pair("s02", "m02", (0.4, 0.3, 0.3), "m01", 0.0, 0, 2),
    Pair("s03", "m05", (0.4, 0.123, 0.0), "m03", 0.41, 1, 0),
    Pair("s04", "m04", (0.4, 0.0, 0.0)),
    Pair("s05", "m04", (0.4, 0.1115, 0.1115), "m01", 0.02, 0, 1),
    Pair("s06", "m06", (0.0, 0.3, 0.155), "m07", 0.101, 0, 1),
    Pair("s07", "m06", (0.4, 0.21, 0.11), "0012", 0.2, 2, 0),
    Pair("s08", "m07", (0.4, 0.05, 0.3), "m06", 0.09, 0, 1),
    Pair("s09", "m07", (0.4, 1 / 30, 1 / 30), "m06", 0.3, 0, 0),
    Pair("s10", "0012", (0.4, 0.29, 0.29), "m06", 0.5, 0, 0),
    Pair("0011", "m01", (0.0, 0.1, 0.07), "m02", 0.005, 0, 2),
    Pair("s12", "m02", (0.0, 0.2, 0.2), "m01", 0.013, 0, 1),
)


def example_story(language: str = "en") -> Story:
    """Return a story of 12 pairs in 3 departments, with names that break careless writers.

    Media Studies has no pair at all, so its mean and lowest score are NaN. People without a pair
    stand on both sides. Two mentees and a mentor share a name, and one mentor offers no place.
    """
    reasons = {
        "en": {
            "s13": "All places of the mentors whom the rules allow were taken by others.",
            "s14": "Speaks no language that a mentor of Media Studies speaks.",
            "m03": "One place was left over: every mentee who may have this mentor has another.",
            "m09": "One place was left over: every mentee who may have this mentor has another.",
            "m10": "Speaks no language that a mentee of Media Studies speaks.",
            "m11": "Offers no place this year.",
        },
        "sv": {
            "s13": "Alla platser hos de mentorer som reglerna tillåter gick till andra.",
            "s14": "Talar inget språk som en mentor vid Medievetenskap talar.",
            "m03": "En plats blev över: alla adepter som kan få den här mentorn har en annan.",
            "m09": "En plats blev över: alla adepter som kan få den här mentorn har en annan.",
            "m10": "Talar inget språk som en adept vid Medievetenskap talar.",
            "m11": "Erbjuder ingen plats i år.",
        },
    }
    return _story(
        language,
        departments=DEPARTMENTS,
        mentees=MENTEES,
        mentors=MENTORS,
        made=PAIRS,
        reasons=reasons[language],
    )


def large_story(n_pairs: int = 300, language: str = "en", seed: int = 0) -> Story:
    """Return a story with `n_pairs` pairs in 8 departments, and a few people without a pair."""
    dice = random.Random(seed)
    first = ("Alva", "Björn", "Cecilia", "David", "Elin", "Fatima", "Göran", "Hanna", "Ivar", "Åke")
    last = ("Alm", "Berg", "Dahl", "Ek", "Fors", "Gren", "Holm", "Lind", "Norén", "Öst", "Ström")

    def person(prefix: str, number: int, places: int = 1) -> Person:
        name = f"{dice.choice(first)} {dice.choice(last)}"
        return Person(f"{prefix}{number:04d}", name, dice.randrange(8), places)

    mentees = tuple(person("s", k) for k in range(n_pairs + 4))
    mentors: list[Person] = []
    places: list[Person] = []
    while len(places) < n_pairs + n_pairs // 12:
        mentors.append(person("m", len(mentors), dice.choice((1, 1, 1, 1, 2, 2, 3))))
        places += [mentors[-1]] * mentors[-1].places
    dice.shuffle(places)
    pairs = []
    for mentee in mentees[:n_pairs]:
        own = [k for k, mentor in enumerate(places) if mentor.department == mentee.department]
        mentor = places.pop(own[0] if own else 0)
        home = 0.4 if own else 0.0
        parts = (home, 0.3 * dice.betavariate(4, 2), 0.3 * dice.betavariate(3, 2))
        other = dice.choice(mentors)
        cost = round(dice.expovariate(20), 4)
        pairs.append(Pair(mentee.id, mentor.id, parts, other.id, cost, 0, dice.randrange(3)))
    said = {
        "en": "All places of the mentors whom the rules allow were taken by others.",
        "sv": "Alla platser hos de mentorer som reglerna tillåter gick till andra.",
    }
    spare = {
        "en": "A place was left over: every mentee who may have this mentor has another.",
        "sv": "En plats blev över: alla adepter som kan få den här mentorn har en annan.",
    }
    reasons = {mentee.id: said[language] for mentee in mentees}
    reasons |= {mentor.id: spare[language] for mentor in mentors}
    return _story(
        language,
        departments=MORE_DEPARTMENTS,
        mentees=mentees,
        mentors=tuple(mentors),
        made=tuple(pairs),
        reasons=reasons,
    )


def _story(
    language: str,
    *,
    departments: tuple[Department, ...],
    mentees: tuple[Person, ...],
    mentors: tuple[Person, ...],
    made: tuple[Pair, ...],
    reasons: dict[str, str],
) -> Story:
    names = [department.name(language) for department in departments]
    mentee_of = {person.id: person for person in mentees}
    mentor_of = {person.id: person for person in mentors}
    rows = []
    for pair in made:
        mentee, mentor = mentee_of[pair.mentee], mentor_of[pair.mentor]
        rows.append(
            {
                "mentee": mentee.id,
                "mentor": mentor.id,
                "mentee_name": mentee.name,
                "mentor_name": mentor.name,
                "mentee_department": names[mentee.department],
                "mentor_department": names[mentor.department],
                "score": float(sum(pair.parts)),
                **{f"part: {part}": x for part, x in zip(PARTS["en"], pair.parts, strict=True)},
                "reasons": _reasons(language, names, mentee, mentor),
                "nearest": "“<b>Data</b>” – “I analyse data.”" if pair.cost else "",
                "runner_up": pair.runner_up,
                "runner_up_name": mentor_of[pair.runner_up].name if pair.runner_up else "",
                "runner_up_cost": pair.cost,
                "runner_up_people": pair.people,
                "sure": SURE[language][pair.sure],
            }
        )
    pairs = pd.DataFrame(rows).sort_values(
        ["mentee_department", "mentee_name", "mentee"], ignore_index=True
    )
    load = pairs["mentor"].value_counts()
    loads = pd.DataFrame(
        {
            "mentor": [person.id for person in mentors],
            "name": [person.name for person in mentors],
            "department": [names[person.department] for person in mentors],
            "places": [person.places for person in mentors],
            "pairs": [int(load.get(person.id, 0)) for person in mentors],
        }
    )
    flows = pd.crosstab(pairs["mentee_department"], pairs["mentor_department"])
    flows = flows.reindex(index=names, columns=names, fill_value=0)
    alone = [("mentees", p) for p in mentees if p.id not in set(pairs["mentee"])]
    alone += [("mentors", p) for p in mentors if p.id not in set(pairs["mentor"])]
    unmatched = pd.DataFrame(
        {
            "side": [side for side, _ in alone],
            "id": [person.id for _, person in alone],
            "name": [person.name for _, person in alone],
            "department": [names[person.department] for _, person in alone],
            "reason": [reasons[person.id] for _, person in alone],
        }
    )
    total = float(pairs["score"].sum())
    cohort = Cohort(
        mentees=_table(departments, mentees, "demand"),
        mentors=_table(departments, mentors, "places"),
        programme=_programme(departments),
        notes=(Fault("unknown_value", file="mentees.csv", row=3, value="Physic"),),
        sources={"mentees.csv": "0" * 64, "mentors.xlsx": "f" * 64},
    )
    story = Story(
        language=language,
        cohort=cohort,
        pairs=pairs,
        parts=PARTS[language],
        unmatched=unmatched,
        departments=_departments(names, mentees, mentors, pairs),
        fairness=_fairness(_departments(names, mentees, mentors, pairs)),
        fairness_in_short=IN_SHORT[language][0],
        costs=_costs(names),
        costs_in_short=IN_SHORT[language][1],
        rule_effects=_effects(names),
        flows=flows,
        loads=loads,
        readiness=_readiness(language, names),
        settings=_settings(language),
        summary={
            "mentees": len(mentees),
            "mentors": len(mentors),
            "places": int(loads["places"].sum()),
            "pairs": len(pairs),
            "matched": int(pairs["mentee"].nunique()),
            "total": total,
            "bound": total,
            "gap": 0.0,
            "mean_score": float(pairs["score"].mean()),
            "lowest_score": float(pairs["score"].min()),
            "status": {"en": "best possible", "sv": "bästa möjliga"}[language],
            "objective": {"en": "most people", "sv": "flest personer"}[language],
            "seed": 0,
            "blocking": 3,
            "stability": {
                "en": "In 3 pairs that were not made, both would rather have each other.",
                "sv": "I 3 par som inte blev av skulle båda hellre ha varandra.",
            }[language],
            "proof": {
                "en": "It is proved that no other list gives more people a pair, and that none "
                "with as many people has a higher total score.",
                "sv": "Det är bevisat att ingen annan lista ger fler personer ett par, och att "
                "ingen lista med lika många personer har högre sammanlagd poäng.",
            }[language],
        },
    )
    return with_cohort(story, cohort)


def with_cohort(story: Story, cohort: Cohort) -> Story:
    """Return a story whose people gave other answers, with what the pairs have in common then."""
    fit = score(cohort)
    in_common = {
        pair: fit.in_common(*fit.place(*pair))
        for pair in zip(story.pairs["mentee"], story.pairs["mentor"], strict=True)
    }
    return replace(story, cohort=cohort, in_common=in_common)


def _fairness(departments: pd.DataFrame) -> pd.DataFrame:
    served = departments[["mentees", "matched", "mean_score", "lowest_score", "mentors"]].copy()
    served.insert(0, "group", departments["department"])
    served["first"] = served["matched"] // 2
    for what in ("matched", "first"):
        served[f"share_{what}"] = served[what] / served["mentees"].where(served["mentees"] > 0)
    return served.assign(lent=departments["lent"], borrowed=departments["borrowed"])


def _costs(names: list[str]) -> pd.DataFrame:
    """Give a rule that is priced, a ban that is worked out, and a minimum score that is not."""
    return pd.DataFrame(
        {
            "rule": [f"{names[0]} <b>lends</b> 2", FORMULA_NAME, "No pair scores below 0.30"],
            "departments": [names[0], "", ", ".join(names)],
            "kind": ["at most lent", "banned", "minimum score"],
            "used": [2.0, 0.0, 0.31],
            "bound": [2.0, 0.0, 0.3],
            "unit_people": pd.array([1, 0, None], dtype="Int64"),
            "unit_total": [0.211, 0.5, np.nan],
            "unit_exact": [False, True, False],
            "drop_people": pd.array([2, 0, None], dtype="Int64"),
            "drop_total": [0.611, 0.5, np.nan],
            "drop_exact": [False, True, False],
            "text": ["Costs <much>.", "Costs half a point.", "Was not worked out."],
        }
    )


def _effects(names: list[str]) -> pd.DataFrame:
    """Let the first department gain a mentee without the rule, the last one lose some score."""
    rows = [(f"{names[0]} <b>lends</b> 2", name, 0, 0.0) for name in names]
    rows[0], rows[-1] = (*rows[0][:2], 1, 0.211), (*rows[-1][:2], 0, -0.05)
    return pd.DataFrame(rows, columns=["rule", "department", "people", "total"])


def _reasons(language: str, names: list[str], mentee: Person, mentor: Person) -> str:
    same = mentee.department == mentor.department
    place = names[mentor.department]
    if language == "sv":
        start = f"Båda hör till {place}." if same else f"Mentorn lånas från {place}."
        return f"{start} Adepten söker dataanalys, som mentorn erbjuder."
    start = f"Both belong to {place}." if same else f"The mentor is lent by {place}."
    return f"{start} The mentee seeks data analysis, which the mentor offers."


def _table(
    departments: tuple[Department, ...], people: tuple[Person, ...], count: str
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": [person.name for person in people],
            "email": [f"{person.id}@example.org" for person in people],
            "department": [departments[person.department].key for person in people],
            "interests": [person.interests for person in people],
            "goals": ["I want to know what a working day looks like." for _ in people],
            "languages": [("Swedish", "English") for _ in people],
            count: [person.places for person in people],
        },
        index=pd.Index([person.id for person in people], name="id", dtype="str"),
    )


def _departments(
    names: list[str], mentees: tuple[Person, ...], mentors: tuple[Person, ...], pairs: pd.DataFrame
) -> pd.DataFrame:
    rows = []
    for k, name in enumerate(names):
        ours = pairs[pairs["mentee_department"] == name]
        theirs = pairs[pairs["mentor_department"] == name]
        inside = int((ours["mentor_department"] == name).sum())
        rows.append(
            {
                "department": name,
                "mentees": sum(person.department == k for person in mentees),
                "mentors": sum(person.department == k for person in mentors),
                "places": sum(person.places for person in mentors if person.department == k),
                "matched": int(ours["mentee"].nunique()),
                "inside": inside,
                "lent": len(theirs) - inside,
                "borrowed": len(ours) - inside,
                "mean_score": float(ours["score"].mean()) if len(ours) else np.nan,
                "lowest_score": float(ours["score"].min()) if len(ours) else np.nan,
            }
        )
    return pd.DataFrame(rows)


def _readiness(language: str, names: list[str]) -> dict[str, pd.DataFrame]:
    if language == "sv":
        return {
            "Platser mot adepter": pd.DataFrame(
                {"Institution": names, "Saknade platser": [0] * (len(names) - 1) + [2]}
            ),
            "Att se över": pd.DataFrame(
                {"Fil": ["mentees.csv"], "Anmärkning": ['Rad 3: "Physic" lästes som Fysik.']}
            ),
        }
    return {
        "Places against mentees": pd.DataFrame(
            {"Department": names, "Places missing": [0] * (len(names) - 1) + [2]}
        ),
        "Worth a look": pd.DataFrame(
            {"File": ["mentees.csv"], "Note": ['Row 3: "Physic" was read as Physics.']}
        ),
    }


def _settings(language: str) -> pd.DataFrame:
    texts = {
        "en": {
            "Weights": "department 0.4, interests 0.3, goals 0.3",
            "Rule 1": "Own department first; spare mentors are lent afterwards.",
            "Rule 2": "Mentor and mentee must speak a common language.",
            "Objective": "most people",
            "Seed": "0",
            "mentormatch": "0.1.0",
            "File mentees.csv": "SHA-256 " + "0" * 64,
        },
        "sv": {
            "Vikter": "institution 0,4, intressen 0,3, mål 0,3",
            "Regel 1": "Egen institution först; lediga mentorer lånas ut därefter.",
            "Regel 2": "Mentor och adept måste ha ett gemensamt språk.",
            "Mål för matchningen": "flest personer",
            "Frö": "0",
            "mentormatch": "0.1.0",
            "Fil mentees.csv": "SHA-256 " + "0" * 64,
        },
    }[language]
    return pd.DataFrame({"setting": list(texts), "value": list(texts.values())})


def _programme(departments: tuple[Department, ...]) -> Programme:
    def event(key: str, name: Words, start: str, place: Words, audience: str) -> Event:
        begins = datetime.fromisoformat(f"{start}T17:00").replace(tzinfo=STOCKHOLM)
        ends = begins.replace(hour=19)
        return Event(key, name, begins, ends, place, audience, tentative=key == "end")

    zoom, campus = Words("Zoom"), Words("The University", "Universitetet")
    return Programme(
        name=Words("Alumni Mentorship Programme", "Alumnmentorprogrammet"),
        year="2024-25",
        departments=departments,
        events=(
            event(
                "start-s", Words("Mentee workshop", "Adeptverkstad"), "2024-11-05", zoom, "mentees"
            ),
            event(
                "start-m",
                Words("Mentor workshop", "Mentorsverkstad"),
                "2024-11-06",
                zoom,
                "mentors",
            ),
            event("kick-off", Words("Kick-off", "Upptakt"), "2024-11-13", campus, "everyone"),
            event("end", Words("Conclusion", "Avslutning"), "2025-05-20", campus, "everyone"),
        ),
        questions=(
            Question("name", "everyone", ("Name", "Namn"), required=True, shared=True),
            Question("email", "everyone", ("E-mail", "E-post"), required=True, shared=True),
            Question("department", "everyone", ("Department", "Institution"), required=True),
            Question(
                "interests",
                "everyone",
                ("Interests", "Intressen"),
                kind="any of",
                shared=True,
                label=Words("Interests", "Intressen"),
            ),
            Question("goals", "everyone", ("Goals", "Mål"), label=Words("Goals", "Mål")),
            Question(
                "languages",
                "everyone",
                ("Languages", "Språk"),
                kind="any of",
                shared=True,
                label=Words("Languages", "Språk"),
            ),
        ),
        weights={"department": 0.4, "interests": 0.3, "goals": 0.3},
        contact="mentorship@example.org",
    )
