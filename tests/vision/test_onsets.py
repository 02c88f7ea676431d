"""When something that was still begins to move."""

from score_bridge.vision.onsets import OnsetMemory, detect_onset

FPS = 30


def onsets(motions: list[float], cuts: tuple[int, ...] = ()) -> list[int]:
    """At which pictures, FPS a second, there is an onset."""
    memory: OnsetMemory | None = None
    found = []
    for i, motion in enumerate(motions):
        onset, memory = detect_onset(motion, memory, i / FPS, i in cuts)
        found += [i] if onset else []
    return found


def test_a_sudden_motion_is_an_onset_once() -> None:
    assert onsets([0.0] * 30 + [0.3, 0.5, 0.6] + [0.7] * 60) == [30]


def test_each_of_several_is_one() -> None:
    jump = [0.4] * 6 + [0.0] * 54
    assert onsets([0.0] * 30 + jump * 3) == [30, 90, 150]


def test_a_busy_picture_has_none_and_a_slow_rise_has_none() -> None:
    assert onsets([0.6 + 0.1 * (i % 3) for i in range(200)]) == []
    assert onsets([i / 600 for i in range(600)]) == []


def test_a_cut_is_no_onset_nor_is_what_moves_right_after_it() -> None:
    assert onsets([0.0] * 30 + [0.5] * 6 + [0.0] * 30, cuts=(30,)) == []


def test_what_the_first_pictures_move_is_no_onset() -> None:
    assert onsets([0.0, 0.5, 0.7, 0.7, 0.7] + [0.7] * 60) == []
