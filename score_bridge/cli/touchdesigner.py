"""`score-bridge td …`: the TouchDesigner component from outside TouchDesigner."""

from pathlib import Path
from typing import Annotated

import typer

td_app = typer.Typer(no_args_is_help=True, help="The TouchDesigner component.")
Out = Annotated[Path, typer.Option(help="folder to write into")]


@td_app.command()
def install(
    to: Annotated[Path | None, typer.Option(help="folder; default: the user's palette (Windows, macOS)")] = None,
    tox: Annotated[Path | None, typer.Option(help="a ScoreBridge.tox that you made, to go with it")] = None,
) -> None:
    """Put the component where TouchDesigner finds it, and say which two clicks remain."""
    from score_bridge.touchdesigner.install import clicks, install

    for path in install(to, tox):
        print(path)
    for number, words in enumerate(clicks(tox is not None), 1):
        print(f"{number}. {words}")


@td_app.command()
def tree(out: Out = Path()) -> None:
    """Write the component as an expanded tree, ScoreBridge.tox.dir and .toc. Unverified in TouchDesigner."""
    from score_bridge.touchdesigner.tree import write_tree

    print(write_tree(out))


@td_app.command()
def collapse(
    out: Out = Path(),
    program: Annotated[Path | None, typer.Option(help="toecollapse; default: your TouchDesigner's")] = None,
) -> None:
    """Make ScoreBridge.tox with the toecollapse of your TouchDesigner. Unverified."""
    from score_bridge.touchdesigner.collapse import collapse, find_toecollapse
    from score_bridge.touchdesigner.tree import write_tree

    found = find_toecollapse(program)
    print(collapse(write_tree(out), found))


@td_app.command()
def check(file: Annotated[Path, typer.Argument(help="a .tox")]) -> None:
    """Say whether a .tox is whole, as far as its wrapper shows."""
    from score_bridge.touchdesigner.check import check_tox

    print(f"{file}: whole, {check_tox(file)} segments")


@td_app.command()
def tables() -> None:
    """Write the component's table of parameters, its read-me's and its drawing anew (for developers)."""
    from score_bridge.touchdesigner.tables import write_tables

    for path in write_tables():
        print(path)
