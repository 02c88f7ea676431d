"""The figures as a table for people."""

from collections.abc import Iterator
from typing import Any

from rich.table import Table

PROMISES = {
    "encode_ms": "p50 <= 4",
    "streams_16": "late_steps 0, ready_margin_p99_ms >= 5",
    "streams_32": "late_steps 0",
    "streams_16_contended": "late_steps 0",
    "ready_s": "<= 3",
    "rss_mb": "<= 300",
    "jack_jitter_ms": "p99 <= period + 0.5",
    "overhead_ms 64": "p99 <= 2",
    "overhead_ms 1080p": "p99 <= 8",
    "cut_to_note_ms": "p99 <= 40",
    "free_cut_to_note_ms": "p99 <= 16.7",
    "lateness_ratio": ">= 20",
    "score_realtime_factor": ">= 3",
    "control_messages_lost": "0",
}


def table(figures: dict[str, Any]) -> Table:
    """Lay out a measure a row; nested ones are named by their path."""
    made = Table(title="score-bridge bench", title_justify="left")
    made.add_column("measure")
    made.add_column("value", overflow="fold")
    made.add_column("promised")
    for name, value in rows(figures):
        made.add_row(name, words(value), PROMISES.get(name, ""))
    return made


def rows(figures: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every measure by its path; the innermost group of figures stays together.

    >>> list(rows({"a": {"b": {"p50": 1.0}}, "c": 2}))
    [('a b', {'p50': 1.0}), ('c', 2)]
    """
    for name, value in figures.items():
        here = f"{path} {name}".strip()
        if isinstance(value, dict) and any(isinstance(inner, dict) for inner in value.values()):
            yield from rows(value, here)
        else:
            yield here, value


def words(value: Any) -> str:
    """Say a value: `p50 1.2  p99 3`.

    >>> words({"p50": 1.25, "p99": None})
    'p50 1.25  p99 -'
    """
    if isinstance(value, dict):
        return "  ".join(f"{name} {words(inner)}" for name, inner in value.items())
    if isinstance(value, float):
        return f"{value:g}"
    return "-" if value is None else str(value)
