"""Progress of a training run: a bar on a terminal, lines in a log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from score_bridge.training.melody.recipe import Report


@contextmanager
def telling(console: Console) -> Iterator[Callable[[Report], None]]:
    """Tell reports: the last losses, and held-out figures when there are any."""
    columns = (BarColumn(), TextColumn("{task.percentage:.1f}% {task.description}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("beginning", total=1.0)

        def report(r: Report) -> None:
            losses = f"step {r.step} " + " ".join(f"{k} {v:.2f}" for k, v in r.losses.items())
            progress.update(task, completed=r.done, description=losses)
            if not console.is_terminal:
                console.print(f"{r.done:.1%} {losses}")
            if r.held_out:
                console.print(f"held out at step {r.step}: {figures_said(r.held_out)}", style="cyan")

        yield report


def figures_said(figures: dict[str, float]) -> str:
    """Figures by name, in one line."""
    return " ".join(f"{name} {value:.3f}" for name, value in figures.items())
