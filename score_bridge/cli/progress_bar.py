"""Long work on the terminal: one console on stderr, one kind of bar. Where stderr is no terminal, no bar."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

console = Console(stderr=True)


@contextmanager
def bar(words: str) -> Iterator[Callable[[float, str], None]]:
    """Show a progress bar of shares 0..1 with words."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(words, total=1.0)

        def show(part: float, description: str) -> None:
            progress.update(task, completed=part, description=description)

        yield show
