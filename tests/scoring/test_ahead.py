import threading
from collections.abc import Iterator

import numpy as np
import pytest

from score_bridge.scoring.ahead import MOST, made_ahead
from score_bridge.scoring.kept_pictures import MOST as MOST_KEPT
from score_bridge.scoring.kept_pictures import KeptPictures


def test_all_items_come_in_their_order() -> None:
    assert list(made_ahead(iter(range(100)))) == list(range(100))
    assert list(made_ahead(iter(()))) == []


def test_what_the_items_raise_is_raised_after_those_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken off")

    made = made_ahead(items())
    assert next(made) == 1
    with pytest.raises(ValueError, match="broken off"):
        next(made)


def test_only_so_many_are_made_beforehand_and_none_after_it_is_closed() -> None:
    count, enough = 0, threading.Event()

    def items() -> Iterator[int]:
        nonlocal count
        while True:
            count += 1
            if count > MOST:
                enough.set()
            yield count

    made = made_ahead(items())
    assert next(made) == 1
    assert enough.wait(5)
    made.close()
    after = count
    assert MOST < after <= MOST + 2
    assert threading.active_count() == 1 or count == after


def test_of_a_film_of_any_length_pictures_are_kept_that_cover_it() -> None:
    for seconds in (0.1, 3.0, 60.0, 7200.0):
        kept, times = KeptPictures(), np.arange(0, seconds, 0.04 if seconds < 100 else 1.0)
        for time in times:
            kept.see(float(time), np.full((1, 1, 3), round(255 * time / seconds), np.uint8))
        assert len(kept.kept) <= MOST_KEPT
        assert len(kept.kept) >= min(len(times), MOST_KEPT // 2)
        found = kept.at([seconds * share for share in (0.1, 0.5, 0.9)])
        for share, picture in zip((0.1, 0.5, 0.9), found, strict=True):
            assert picture[0, 0, 0] == pytest.approx(255 * share, abs=255 / 80 + 255 * 0.04 / seconds + 1)
    assert KeptPictures().at([0.0]) == []
