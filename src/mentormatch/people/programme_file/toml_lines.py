"""Where each key of a TOML text stands: `tomllib` gives the values but not their lines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

#: The way to a value: names of tables and keys, and positions (from 0) in lists.
Path = tuple[str | int, ...]

# Strings come first, longest delimiter first, so that a '#' or '[' inside one is never seen.
_TOKEN = re.compile(
    r"""
      (?P<string>
          \"{3} (?: [^"\\] | \\. | "{1,2}(?!") )* \"{3,5}
        | '{3}  (?: [^']         | '{1,2}(?!') )* '{3,5}
        | "     (?: [^"\\\n] | \\. )* "
        | '     [^'\n]* '
      )
    | (?P<comment> \#[^\n]* )
    | (?P<newline> \n )
    | (?P<mark> [\[\]{}=,.] )
    | (?P<bare> [^\s\[\]{}=,.\#"']+ )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int
    start: int


def _tokens(text: str) -> Iterator[_Token]:
    line, reached = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", reached, match.start())
        reached = match.start()
        yield _Token(match.lastgroup or "", match.group(), line, match.start())


def _name(token: _Token) -> str:
    """Return the key that a token spells."""
    if token.kind != "string":
        return token.text
    return next(iter(tomllib.loads(f"{token.text} = 0")))


class _Walk:
    """One walk through a text, token by token: it stands in a key, a value or a heading."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self.lengths: dict[Path, int] = {}  # of lists of tables written [[so]]
        self.table: Path = ()
        self.state = "key"
        self.parts: list[str] = []  # of the key or heading that is being read
        self.brackets = 0  # of the heading that is being read
        self.opened_at = -1
        self.line = 0
        self.value_path: Path = ()
        # Lists and {tables} that are open, innermost last: a list counts its entries.
        self.open: list[tuple[Path, int | None]] = []

    def note(self, path: Path, line: int) -> None:
        """Remember where a path and all that lead to it are first named."""
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)

    def step(self, token: _Token) -> None:
        if token.kind == "comment":
            return
        if self.state == "key":
            self.in_key(token)
        elif self.state == "heading":
            self.in_heading(token)
        else:
            self.in_value(token)

    def in_key(self, token: _Token) -> None:
        if token.kind in ("bare", "string"):
            self.line = self.line if self.parts else token.line
            self.parts.append(_name(token))
        elif token.text == "=":
            base = self.open[-1][0] if self.open else self.table
            path = (*base, *self.parts)
            self.note(path, self.line)
            self.parts, self.state, self.value_path = [], "value", path
        elif token.text == "[" and not self.open:
            self.state, self.brackets = "heading", 1
            self.opened_at, self.line = token.start, token.line
        elif token.text == "}":
            self.close()

    def in_heading(self, token: _Token) -> None:
        if token.kind in ("bare", "string"):
            self.parts.append(_name(token))
        elif token.text == "[" and token.start == self.opened_at + 1:
            self.brackets = 2
        elif token.text == "]":
            self.table = self.heading_path()
            self.note(self.table, self.line)
            self.parts, self.state = [], "heading end"

    def heading_path(self) -> Path:
        """Return where a heading leads: into the latest entry of every list on its way."""
        path: Path = ()
        for position, part in enumerate(self.parts):
            path = (*path, part)
            if position == len(self.parts) - 1 and self.brackets == 2:
                self.note(path, self.line)
                self.lengths[path] = self.lengths.get(path, 0) + 1
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
        return path

    def in_value(self, token: _Token) -> None:
        if token.kind == "newline":
            if not self.open:
                self.state = "key"
        elif self.state != "value":
            return  # the second bracket of a [[heading]]
        elif token.text in ("]", "}"):
            self.close()
        elif token.text == ",":
            self.next_entry()
        else:
            self.in_entry(token)

    def in_entry(self, token: _Token) -> None:
        """Note the line of an entry of a list, and go into the list or table that opens."""
        if self.open and self.open[-1][1] is not None:
            path, entry = self.open[-1]
            self.value_path = (*path, entry or 0)
            self.lines.setdefault(self.value_path, token.line)
        if token.text == "[":
            self.open.append((self.value_path, 0))
        elif token.text == "{":
            self.open.append((self.value_path, None))
            self.state = "key"

    def next_entry(self) -> None:
        if not self.open:
            return
        path, entry = self.open[-1]
        if entry is None:
            self.state = "key"
        else:
            self.open[-1] = (path, entry + 1)

    def close(self) -> None:
        if self.open:
            self.open.pop()
        self.state = "value"


def find_lines(text: str) -> dict[Path, int]:
    r"""Return the line (from 1) on which each table, key and list entry of a TOML text begins.

    The text must be one that `tomllib` reads; of any other text the lines found mean nothing.

    Parameters
    ----------
    text : str
        A whole TOML file.

    Examples
    --------
    >>> lines = find_lines('[weights]\ngoals = 3\n[[rules]]\nrule = "conflict" # [x]\n')
    >>> lines[("weights", "goals")], lines[("rules", 0)], lines[("rules", 0, "rule")]
    (2, 3, 4)
    """
    walk = _Walk()
    for token in _tokens(text):
        walk.step(token)
    return walk.lines


def unclosed(text: str) -> int | None:
    r"""Return the line of the key whose list or {table} is still open where a text ends.

    Parameters
    ----------
    text : str
        The beginning of a TOML file, as far as it could be read.

    Examples
    --------
    >>> unclosed('a = 1\nb = [1,\n2,\n')
    2
    """
    walk = _Walk()
    for token in _tokens(text):
        walk.step(token)
    return walk.lines.get(walk.open[0][0]) if walk.open else None
