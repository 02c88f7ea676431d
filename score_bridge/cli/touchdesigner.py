"""`score-bridge td …`: the TouchDesigner component from outside TouchDesigner."""

from pathlib import Path
from typing import Annotated

import typer

td_app = typer.Typer(no_args_is_help=True, help="Install, build and check the TouchDesigner component.")
Out = Annotated[Path, typer.Option(help="Folder to write to.")]


@td_app.command()
def install(
    to: Annotated[Path | None, typer.Option(help="Folder; by default the user's palette (Windows, macOS).")] = None,
    tox: Annotated[Path | None, typer.Option(help="A ScoreBridge.tox of your own to install with it.")] = None,
) -> None:
    """Copy the component to where TouchDesigner finds it, and print the two clicks that remain."""
    from score_bridge.touchdesigner.install import clicks, install

    for path in install(to, tox):
        print(path)
    for number, words in enumerate(clicks(tox is not None), 1):
        print(f"{number}. {words}")


@td_app.command()
def tree(out: Out = Path()) -> None:
    """Write the component as an expanded tree, ScoreBridge.tox.dir and .toc. Not verified in TouchDesigner."""
    from score_bridge.touchdesigner.tree import write_tree

    print(write_tree(out))


@td_app.command()
def collapse(
    out: Out = Path(),
    program: Annotated[
        Path | None, typer.Option(help="The toecollapse program; by default that of your TouchDesigner.")
    ] = None,
) -> None:
    """Make ScoreBridge.tox with the toecollapse of your TouchDesigner. Not verified."""
    from score_bridge.touchdesigner.collapse import collapse, find_toecollapse
    from score_bridge.touchdesigner.tree import write_tree

    found = find_toecollapse(program)
    print(collapse(write_tree(out), found))


@td_app.command()
def check(file: Annotated[Path, typer.Argument(help="The .tox file.")]) -> None:
    """Check that a .tox is complete, as far as its wrapper shows."""
    from score_bridge.touchdesigner.check import check_tox

    print(f"{file}: whole, {check_tox(file)} segments")


@td_app.command()
def tables() -> None:
    """For developers: regenerate the component's parameters and names, its README table and its drawing."""
    from score_bridge.touchdesigner.tables import write_tables

    for path in write_tables():
        print(path)
