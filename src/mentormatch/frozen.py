"""A mapping that nobody can change, and that can be copied and pickled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Frozen(Mapping[K, V]):
    """A mapping that keeps what it was given, in order; `types.MappingProxyType` does not pickle.

    Parameters
    ----------
    items : mapping
        Copied, so that changes of it do not reach in here.

    Examples
    --------
    >>> weights = Frozen({"goals": 2.0})
    >>> weights == {"goals": 2.0}, weights
    (True, Frozen({'goals': 2.0}))
    """

    __slots__ = ("_items",)
    _items: dict[K, V]

    def __init__(self, items: Mapping[K, V]) -> None:
        object.__setattr__(self, "_items", dict(items))

    def __getitem__(self, key: K) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("nobody can change a frozen mapping")

    def __reduce__(self) -> tuple[type[Frozen[K, V]], tuple[dict[K, V]]]:
        return type(self), (dict(self._items),)

    def __repr__(self) -> str:
        return f"Frozen({self._items!r})"
