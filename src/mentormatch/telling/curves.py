"""How an answer's likeness becomes a value, as a picture."""

from __future__ import annotations

from typing import Any

import numpy as np

from mentormatch.errors import InputError, MissingExtraError
from mentormatch.scores.compatibility import Compatibility
from mentormatch.scores.curve import ONE
from mentormatch.scores.labels import part_label
from mentormatch.words import say


def draw_curve(
    fit: Compatibility,
    part: str,
    language: str | None = None,
    axes: Any = None,
    pair: tuple[str, str] | None = None,
) -> Any:
    """Draw the curve of a part of the score: from likeness to value.

    Likeness is the product of two people's encodings as a share of the largest that the curve
    tells apart; the value is what the part's weight is multiplied by.

    Parameters
    ----------
    fit : Compatibility
        What `mentormatch.score` returned.
    part : str
        Name of the part.
    language : {"en", "sv"}, optional
        Language of the words; the programme's if left out.
    axes : matplotlib Axes, optional
        Where to draw; new ones if left out.
    pair : tuple of str, optional
        Ids of a mentee and a mentor, whose place on the curve is marked if both gave an answer.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on.

    Raises
    ------
    InputError
        The score has no such part.
    MissingExtraError
        matplotlib is not installed (the extra `[plot]`).
    """
    if part not in fit.names:
        raise InputError(f"the score has the parts {', '.join(fit.names)}, not {part!r}")
    if axes is None:
        try:
            from matplotlib.figure import Figure  # noqa: PLC0415  (an extra)
        except ImportError as error:
            raise MissingExtraError("matplotlib", "plot") from error
        axes = Figure(figsize=(5, 3.2), layout="constrained").subplots()
    words = language or fit.cohort.programme.language
    knots = np.array(fit.parts[fit.names.index(part)].curve.knots, dtype=np.float64)
    axes.plot(knots[:, 0] / abs(knots[-1, 0]), knots[:, 1] / ONE, marker="o", markersize=3)
    if pair is not None:
        i, j = fit.place(*pair)
        one = fit.parts[fit.names.index(part)]
        if one.known([i], [j])[0]:
            product = one.products(np.array([i]), np.array([j]))
            x = np.clip(product / abs(knots[-1, 0]), *knots[[0, -1], 0] / abs(knots[-1, 0]))
            axes.plot(x, one.curve(product) / ONE, marker="o", markersize=11, clip_on=False)
    axes.set_xlabel(say("explain.curve_likeness", words))
    axes.set_ylabel(say("explain.curve_value", words))
    axes.set_title(part_label(fit.cohort.programme, part, words))
    axes.set_ylim(0, 1.02)
    return axes
