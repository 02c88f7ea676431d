"""The few statistics a benchmark needs. Pure."""

import math
from collections.abc import Iterable, Sequence


def percentile(values: Iterable[float], percent: float) -> float | None:
    """Return the least of `values` that `percent` (0..100) of them do not exceed (nearest rank); None of none.

    >>> percentile([3.0, 1.0, 2.0, 4.0], 50), percentile([3.0, 1.0, 2.0, 4.0], 99)
    (2.0, 4.0)
    """
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(math.ceil(percent / 100 * len(ordered)), 1) - 1]


def percentiles(seconds: Sequence[float], *, with_max: bool = False) -> dict[str, float | None]:
    """Return p50 and p99, and the maximum if wanted, of times in seconds; in milliseconds, rounded to thousandths."""
    found = {"p50": percentile(seconds, 50), "p99": percentile(seconds, 99)}
    if with_max:
        found["max"] = max(seconds, default=None)
    return {name: None if value is None else round(value * 1e3, 3) for name, value in found.items()}


def covered_time(spans: Iterable[tuple[float, float]], begin: float, end: float) -> float:
    """Return how much of begin..end lies in one or more of the `spans` (begin, end).

    >>> covered_time([(0, 2), (1, 3), (8, 99)], 1, 9)
    3.0
    """
    total, reached = 0.0, begin
    for first, last in sorted(spans):
        low, high = max(first, reached), min(last, end)
        total, reached = total + max(high - low, 0), max(reached, min(last, end))
    return total


def slope(points: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Return the least-squares slope dy/dx of (x, y) points and its standard error; None for fewer than 3 points.

    The error takes the residuals as independent, so it is too small where they are not.

    >>> slope([(0, 1), (1, 3), (2, 5)])
    (2.0, 0.0)
    """
    n = len(points)
    mean_x, mean_y = (sum(axis) / max(n, 1) for axis in ([p[0] for p in points], [p[1] for p in points]))
    spread_x = sum((x - mean_x) ** 2 for x, _ in points)
    if n < 3 or spread_x == 0:
        return None
    rate = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread_x
    residual = sum((y - mean_y - rate * (x - mean_x)) ** 2 for x, y in points)
    return rate, math.sqrt(residual / (n - 2) / spread_x)


def ratio(worse: float | None, better: float | None) -> float | None:
    """Return how many times `worse` is `better`, rounded to tenths; None where either is missing or zero.

    >>> ratio(10.0, 0.4)
    25.0
    """
    return round(worse / better, 1) if worse and better else None
