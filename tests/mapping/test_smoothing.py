import numpy as np
from numpy.typing import NDArray

from score_bridge.mapping.smoothing import Ruler, Smoothed, deadband, smooth

Floats = NDArray[np.float32]


def _run(samples: Floats, amount: float, jumps: tuple[int, ...] = (), rate: float = 10.0) -> Floats:
    state: Smoothed | None = None
    ruler = Ruler(np.ones(samples.shape[1], np.float32), 1.0)
    values = []
    for i, sample in enumerate(samples):
        state = smooth(state, sample, i / rate, amount=amount, ruler=ruler, jump=i in jumps)
        values.append(state.value)
    return np.stack(values)


def test_noise_within_the_deadband_is_silence() -> None:
    rng = np.random.default_rng(0)
    noise = (0.1 * deadband(0.5) * rng.standard_normal((200, 16)) / 4).astype(np.float32)
    assert (np.diff(_run(noise, 0.5), axis=0) == 0).all()


def test_a_step_is_followed_in_time_and_calmer_means_later() -> None:
    step = np.concatenate([np.zeros((10, 2)), np.ones((60, 2))]).astype(np.float32)
    calm, lively = _run(step, 1.0)[:, 0], _run(step, 0.0)[:, 0]
    assert np.argmax(lively > 0.5) < np.argmax(calm > 0.5)
    assert abs(calm[-1] - 1) < 0.1
    assert lively[11] > 0.8


def test_a_cut_is_taken_at_once() -> None:
    step = np.concatenate([np.zeros((10, 2)), np.ones((5, 2))]).astype(np.float32)
    assert (_run(step, 1.0, jumps=(10,))[10] == 1).all()


def test_the_direction_of_a_movement_is_kept() -> None:
    line = (np.linspace(0, 5, 50)[:, None] * np.array([[3.0, 4.0]])).astype(np.float32)
    values = _run(line, 0.7)[5:]
    np.testing.assert_allclose(values[:, 0] / values[:, 1], 0.75, rtol=1e-4)
