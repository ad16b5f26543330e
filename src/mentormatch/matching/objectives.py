"""What a matching can aim at: stages in order of importance, and names for the usual orders."""

from __future__ import annotations

from collections.abc import Collection, Sequence

#: ``coverage`` counts mentees with a mentor, ``worst`` is the lowest score of a pair, ``leximin``
#: the lowest score, then the number of pairs that have it, then the second lowest and so on,
#: ``kept`` counts announced pairs, ``spread`` takes points away for every mentee of a mentor after
#: the first (one for the second, two for the third, ...), ``share`` is the lowest share of any
#: group's mentees matched, ``mean`` the lowest mean score of any group, ``total`` adds up scores.
STAGES = ("coverage", "worst", "leximin", "kept", "spread", "share", "mean", "total")
PRESETS = {
    "most people": ("coverage", "total"),
    "highest total": ("total",),
    "fairest": ("coverage", "worst", "total"),
}
#: What asks for pairs at all: without one of these, no pair would be the fairest answer.
_ASKING = {"coverage", "total", "share", "mean"}


def read_objective(
    objective: str | Sequence[str], counts: Collection[str] = ()
) -> tuple[str, tuple[str, ...]]:
    """Return the name and the stages of an objective.

    Parameters
    ----------
    objective : str or sequence of str
        A name from `PRESETS`, or stages from `STAGES`, the most important first, as a sequence or
        with commas between them. ``"total"`` is added last where it is left out.
    counts : collection of str
        Names of what the problem counts besides (`Aims.counts`); they are stages, too.

    Returns
    -------
    str, tuple of str
        The name, which is read as the same objective again, and the stages.

    Raises
    ------
    ValueError
        The name or a stage is not known, a stage stands twice, or ``"worst"`` or ``"leximin"``
        stands where no pairs at all would be best.

    Examples
    --------
    >>> read_objective(["coverage", "kept"])
    ('coverage, kept, total', ('coverage', 'kept', 'total'))
    >>> read_objective("fairest")
    ('fairest', ('coverage', 'worst', 'total'))
    """
    if isinstance(objective, str):
        if objective in PRESETS:
            return objective, PRESETS[objective]
        stages = tuple(name.strip() for name in objective.split(","))
    elif isinstance(objective, Sequence):
        stages = tuple(objective)
    else:
        stages = (objective,)
    known = (*STAGES, *counts)
    if not stages or any(name not in known for name in stages):
        raise ValueError(
            f"objective must be one of {_listed((*PRESETS, 'stable'))}, or a list of the stages "
            f"{_listed(known)}, not {objective!r}"
        )
    if len(set(stages)) < len(stages):
        twice = next(name for name in stages if stages.count(name) > 1)
        raise ValueError(f"objective names the stage {twice!r} twice")
    for k, name in enumerate(stages):
        if name in ("worst", "leximin", "spread") and not _ASKING & set(stages[:k]):
            raise ValueError(
                f"objective has {name!r} before 'coverage' and 'total': no pairs at all would be "
                f"best; put one of these first, as in 'coverage, {name}'"
            )
        if name == "worst" and "leximin" in stages[:k]:
            raise ValueError("objective has 'worst' after 'leximin', which has settled it")
    if "total" not in stages:
        stages = (*stages, "total")
    for preset, order in PRESETS.items():
        if order == stages:
            return preset, stages
    return ", ".join(stages), stages


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
