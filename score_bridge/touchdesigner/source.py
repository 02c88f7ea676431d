"""Where the component's files are, and its tables read from them."""

import runpy
from pathlib import Path
from typing import NamedTuple

from score_bridge.errors import SettingsError

PACKAGED = Path(__file__).parents[1] / "td_components"
CHECKOUT = Path(__file__).parents[2] / "td_components"
NODES = "score_bridge_nodes.py"


class Node(NamedTuple):
    """One operator of the network, as the component's own table has it."""

    name: str
    type: str
    x: int
    y: int
    inputs: tuple[str, ...]
    file: str
    parameters: dict[str, bool | int | float | str]

    @property
    def family(self) -> str:
        """TOP, CHOP, DAT or COMP."""
        return next(family for family in ("CHOP", "COMP", "TOP", "DAT") if self.type.endswith(family))


def folder() -> Path:
    """Return the folder with build_tox.py: the wheel's, else the checkout's. Raises SettingsError without either."""
    for one in (PACKAGED, CHECKOUT):
        if (one / "build_tox.py").is_file():
            return one
    raise SettingsError("the TouchDesigner component's files are missing from this installation: install it again")


def read_sources() -> dict[str, str]:
    """Return the texts that DATs carry, by file name."""
    inside = folder() / "ScoreBridge"
    return {
        path.name: path.read_text("utf-8")
        for path in sorted(inside.iterdir())
        if path.suffix != ".pyc" and path.is_file()
    }


def component_nodes() -> tuple[Node, ...]:
    """Return the table of the component's nodes."""
    return _table("COMPONENT")


def example_nodes() -> tuple[Node, ...]:
    """Return the table of the example's nodes around the component."""
    return _table("EXAMPLE")


def _table(name: str) -> tuple[Node, ...]:
    table = runpy.run_path(str(folder() / "ScoreBridge" / NODES))[name]
    return tuple(Node(*row) for row in table)
