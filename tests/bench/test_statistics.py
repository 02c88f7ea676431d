import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from score_bridge.bench import report, statistics
from score_bridge.bench.statistics import covered_time, percentile, percentiles, ratio, slope

TIMES = st.lists(st.floats(0, 1e6), min_size=1, max_size=200)


@pytest.mark.parametrize("module", [statistics, report])
def test_examples(module) -> None:  # type: ignore[no-untyped-def]
    assert doctest.testmod(module).failed == 0


@given(TIMES, st.floats(0, 100))
def test_percentile_is_one_of_the_values_and_enough_are_within_it(values: list[float], percent: float) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(v <= found for v in values) >= percent / 100 * len(values) - 1e-6


@given(TIMES)
def test_ends_are_least_and_greatest(values: list[float]) -> None:
    assert percentile(values, 0) == min(values)
    assert percentile(values, 100) == max(values)


def test_99_of_100_are_within_p99() -> None:
    assert percentile(range(1, 101), 99) == 99
    assert percentile([5.0] * 99 + [7.0], 99) == 5.0
    assert percentile([5.0] * 98 + [7.0, 7.0], 99) == 7.0


def test_spread_is_in_milliseconds() -> None:
    assert percentiles([0.001, 0.002, 0.0301234]) == {"p50": 2.0, "p99": 30.123}
    assert percentiles([0.001, 0.003], with_max=True) == {"p50": 1.0, "p99": 3.0, "max": 3.0}


def test_what_was_not_measured_is_none() -> None:
    assert percentiles([], with_max=True) == {"p50": None, "p99": None, "max": None}
    assert percentile([], 50) is None
    assert ratio(None, 1.0) is None
    assert ratio(1.0, 0.0) is None


def test_covered_counts_overlaps_once_and_only_within() -> None:
    assert covered_time([(0, 10)], 2, 5) == 3
    assert covered_time([(0, 1), (6, 9)], 2, 5) == 0
    assert covered_time([(1, 3), (2, 4), (2, 3), (4.5, 9)], 2, 5) == 2.5
    assert covered_time([], 2, 5) == 0


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(sorted).map(tuple), max_size=12))
def test_covered_agrees_with_counting_unit_by_unit(spans: list[tuple[int, int]]) -> None:
    units = sum(any(a <= x < b for a, b in spans) for x in range(10, 40))
    assert covered_time(spans, 10, 40) == units


def test_slope_of_a_line_and_its_error() -> None:
    assert slope([(x, 3 * x + 1) for x in range(10)]) == pytest.approx((3, 0))
    rate, error = slope([(0, 0), (1, 1), (2, 0), (3, 1)]) or (0, 0)
    assert rate == pytest.approx(0.2)
    assert error == pytest.approx((0.8 / 2 / 5) ** 0.5)


def test_slope_needs_three_points_at_different_times() -> None:
    assert slope([]) is None
    assert slope([(0, 1), (1, 2)]) is None
    assert slope([(1, 1), (1, 2), (1, 3)]) is None
