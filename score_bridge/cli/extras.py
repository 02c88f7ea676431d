"""Optional packages: which of the project's extras brings each, named in one line where a command needs it."""

from typing import Final

EXTRAS: Final = {"av": "film", "midirenderer": "film"}
"""The extra of pyproject.toml that brings a module. `serve` needs none of them; what does without one asks first."""


def install_hint(error: ModuleNotFoundError) -> str | None:
    """Say what to install for a missing optional package; None when it is not one of them."""
    module = (error.name or "").partition(".")[0]
    extra = EXTRAS.get(module)
    return extra and f"this needs the package {module}, which is not installed: pip install 'score-bridge[{extra}]'"
