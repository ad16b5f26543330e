"""Where the model programme that comes with mentormatch lies."""

from __future__ import annotations

from pathlib import Path

EXAMPLE = "stockholm-2024-25"


def example_folder() -> Path:
    """Return the folder of the model programme: ``programme.toml`` and its sign-up sheets.

    An installed package carries it inside; a checkout has it beside ``src``.
    """
    package = Path(__file__).resolve().parents[1]
    installed = package / "examples" / EXAMPLE
    return installed if installed.is_dir() else package.parents[1] / "examples" / EXAMPLE
