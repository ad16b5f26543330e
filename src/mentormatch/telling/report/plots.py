"""Small pictures as inline SVG, safe on any page: whatever text they are given is escaped.

Lengths along a bar are percentages, so that pictures stretch while their letters keep their size.
Colours are classes, given their values by ``report.css``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup, escape

BAR_HEIGHT = 14
PLOT_HEIGHT = 170
_AXIS = 24
_HEADROOM = 16


def element(name: str, *children: str, **attributes: object) -> Markup:
    """Return an SVG element; children that are not `Markup` and all attributes are escaped.

    An underscore in an attribute's name stands for a hyphen, one at its end for nothing.

    Examples
    --------
    >>> print(element("text", "a < b", text_anchor="end", class_="axis"))
    <text text-anchor="end" class="axis">a &lt; b</text>
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), value)
        for key, value in attributes.items()
    )
    inside = Markup("").join(escape(child) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, inside)


def stacked_bar(
    segments: Sequence[tuple[float, str]],
    whole: float,
    title: str,
    *,
    height: int = BAR_HEIGHT,
    track: bool = False,
) -> Markup:
    """Return a horizontal bar of segments side by side.

    Parameters
    ----------
    segments : sequence of (float, str)
        Length >= 0 of each segment, in the unit of `whole`, and its CSS class. What is not a
        finite number has no length.
    whole : float
        What the full width stands for.
    title : str
        What the bar says, in words.
    height : int
        In pixels.
    track : bool
        Whether a pale track shows how long the bar could be at most. It says that something is
        missing, so it is wrong where bars only differ in size.

    Examples
    --------
    >>> print(stacked_bar([(1, "k1")], whole=4, title="1 of 4"))  # doctest: +ELLIPSIS
    <svg role="img" class="bar" width="100%" height="14" ...><title>1 of 4</title>...
    """
    parts = [element("title", title)]
    if track:
        parts.append(element("rect", class_="track", width="100%", height=height))
    start = 0.0
    for value, look in segments:
        if not (math.isfinite(value) and value > 0 and whole > 0):
            continue
        length = 100 * value / whole
        parts.append(
            element("rect", class_=look, x=_percent(start), width=_percent(length), height=height)
        )
        start += length
    return element(
        "svg", *parts, role="img", class_="bar", width="100%", height=height, focusable="false"
    )


def count_by_bin(
    values: Sequence[float], bins: int, low: float = 0.0, high: float = 1.0
) -> list[int]:
    """Return how many values fall in each of `bins` equal steps from `low` to `high`.

    A value on an edge belongs to the upper step, `high` itself to the last one.

    Examples
    --------
    >>> count_by_bin([0.0, 0.5, 0.99, 1.0], bins=2)
    [1, 3]
    """
    counts = [0] * bins
    for value in values:
        place = math.floor((value - low) / (high - low) * bins + 1e-9)
        counts[min(max(place, 0), bins - 1)] += 1
    return counts


def histogram(
    values: Sequence[float],
    *,
    title: str,
    tell_bin: Callable[[float, float, int], str],
    tell_edge: Callable[[float], str],
) -> Markup:
    """Return bars that show how many values fall in each step, with the numbers above them.

    The scale is 0 to 1, or wider where values lie outside.

    Parameters
    ----------
    values : sequence of float
        Finite numbers, at least one.
    title : str
        What the picture shows, in words.
    tell_bin : function of (low, high, count)
        Tells one bar in words.
    tell_edge : function of float
        Tells a number on the axis.
    """
    low, high = min(0.0, *values), max(1.0, *values)
    bins = 20 if len(values) >= 60 else 10
    counts = count_by_bin(values, bins, low, high)
    step = (high - low) / bins
    told = [tell_bin(low + k * step, low + (k + 1) * step, count) for k, count in enumerate(counts)]
    floor = PLOT_HEIGHT - _AXIS
    parts = [
        element("title", title, id="histogram-title"),
        element(
            "desc",
            "; ".join(text for text, count in zip(told, counts, strict=True) if count),
            id="histogram-desc",
        ),
    ]
    width = 100 / bins
    for k, (count, text) in enumerate(zip(counts, told, strict=True)):
        if not count:
            continue
        tall = max(2.0, (floor - _HEADROOM) * count / max(counts))
        box = element(
            "rect", element("title", text), class_="k1", x=_percent(k * width + 0.3),
            width=_percent(width - 0.6), y=f"{floor - tall:.1f}", height=f"{tall:.1f}",
        )  # fmt: skip
        above = element(
            "text", str(count), x=_percent((k + 0.5) * width), y=f"{floor - tall - 4:.1f}",
            text_anchor="middle", class_="figure",
        )  # fmt: skip
        parts += [box, above]
    parts.append(element("line", class_="axis", x1="0", x2="100%", y1=floor, y2=floor))
    for k in range(6):
        anchor = "start" if k == 0 else "end" if k == 5 else "middle"
        parts.append(
            element(
                "text", tell_edge(low + k * (high - low) / 5), x=_percent(20 * k),
                y=floor + 17, text_anchor=anchor,
            )
        )  # fmt: skip
    return element(
        "svg", *parts, role="img", class_="plot", width="100%", height=PLOT_HEIGHT,
        aria_labelledby="histogram-title histogram-desc", focusable="false",
    )  # fmt: skip


def shade(value: float, highest: float, levels: int = 5) -> int:
    """Return how dark a cell is: 0 for nothing, else 1 to `levels`, in equal steps.

    Examples
    --------
    >>> [shade(value, 10) for value in (0, 1, 9, 10)]
    [0, 1, 5, 5]
    """
    if value <= 0 or highest <= 0:
        return 0
    return min(levels, math.ceil(levels * value / highest))


def _percent(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") + "%"
