"""A picture of what runs between two lists: names on either side, and bands from one to the other.

It is HTML around an SVG that only its width stretches, so that names stay readable on a phone.
Colours and heights of rows are classes, given their values by ``report.css``.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from mentormatch.telling.report.plots import element

#: Height of a row in pixels, by the look of the picture; ``report.css`` has the same.
ROWS = {"wide": 56, "narrow": 28}

_COLOURS = 6
_ROOM = 8


def between(
    left: Sequence[str],
    right: Sequence[str],
    bands: Sequence[tuple[int, int, float]],
    title: str,
    look: str = "wide",
) -> Markup:
    """Return a picture of bands from names on the left to names on the right.

    Parameters
    ----------
    left, right : sequence of str
        What stands on either side, from top to bottom.
    bands : sequence of (int, int, float)
        From which name on the left to which on the right, and how thick, above 0.
    title : str
        All that the picture says, in words.
    look : {"wide", "narrow"}
        Rows that have room for three lines, or for one.

    Examples
    --------
    >>> print(between(["Physics"], ["Media"], [(0, 0, 3)], "3 to Media"))  # doctest: +ELLIPSIS
    <div class="between wide" role="img" aria-label="3 to Media"><ul ...><li>Physics</li></ul>...
    """
    row = ROWS[look]
    height = row * max(len(left), len(right), 1)
    wholes = [[0.0] * len(left), [0.0] * len(right)]
    for start, end, size in bands:
        wholes[0][start] += size
        wholes[1][end] += size
    scale = (row - _ROOM) / max((size for whole in wholes for size in whole), default=1.0)
    tops = [
        [row * (k + 0.5) - scale * size / 2 for k, size in enumerate(whole)] for whole in wholes
    ]
    drawn = []
    for start, end, size in sorted(bands):
        thick = scale * size
        y, z = tops[0][start], tops[1][end]
        tops[0][start] += thick
        tops[1][end] += thick
        path = (
            f"M0,{y:.1f} C50,{y:.1f} 50,{z:.1f} 100,{z:.1f} L100,{z + thick:.1f} "
            f"C50,{z + thick:.1f} 50,{y + thick:.1f} 0,{y + thick:.1f} Z"
        )
        drawn.append(element("path", d=path, class_=f"k{start % _COLOURS + 1}"))
    picture = element(
        "svg", *drawn, viewBox=f"0 0 100 {height}", preserveAspectRatio="none",
        width="100%", height=height, aria_hidden="true", focusable="false",
    )  # fmt: skip
    lists = [
        element("ul", *(element("li", name) for name in names), class_=f"ends {side}")
        for names, side in ((left, "left"), (right, "right"))
    ]
    return element(
        "div", lists[0], picture, lists[1], class_=f"between {look}", role="img", aria_label=title
    )
