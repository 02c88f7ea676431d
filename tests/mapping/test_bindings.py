from dataclasses import replace

import numpy as np
import pytest
from msgspec.structs import replace as replaced
from numpy.typing import NDArray

from score_bridge.errors import SettingsError
from score_bridge.mapping.bindings import (
    BAND,
    HALF_LIFE_S,
    LIMIT,
    SPAN,
    USUAL,
    SmoothedReadings,
    apply_bindings,
    bound_controls,
    smooth_readings,
    warmth,
)
from score_bridge.mapping.latent_map import GREATEST_NORM, Target
from score_bridge.music.attributes import ATTRIBUTES
from score_bridge.vision.descriptors import READINGS, Descriptors
from score_bridge.wire.bindings import BINDABLE, DIRECTIONS, VOICE_CONTROLS, Binding, parse_bindings, possible
from score_bridge.wire.controls import CONTROLS, Controls

Floats = NDArray[np.float32]
MOTION = BINDABLE.index("motion")
NAMED = (1.0, 0.5, 2.0, 1.0, 1.0)


def target(size: int = 12, rms: float = 10.0, named: tuple[float, ...] = NAMED) -> Target:
    return Target(np.zeros(size, np.float32), np.eye(size, dtype=np.float32), np.ones(size, np.float32), rms, named)


def felt(**readings: float) -> SmoothedReadings:
    """As usual but for these readings."""
    values = USUAL.copy()
    for name, value in readings.items():
        values[BINDABLE.index(name)] = value
    return SmoothedReadings(values, values, 0.0)


def seen(brightness: float = 0.5, *, cut: bool = False) -> Descriptors:
    return Descriptors(brightness, 0.3, 0.1, 0.2, 0.1, 0.0, 0.0, cut)


def test_the_words_of_the_wire_are_those_of_pictures_and_melodies() -> None:
    assert BINDABLE == READINGS
    assert DIRECTIONS == ATTRIBUTES


def test_a_reading_moves_its_direction_alone_and_by_how_much() -> None:
    latent = np.linspace(-1, 1, 12).astype(np.float32)
    bindings = (Binding("motion", "register", 0.5), Binding("hue", "density", 2.0))
    moved = apply_bindings(latent, felt(motion=1.0), bindings, target()) - latent
    expected = np.zeros(12)
    expected[1] = 0.5 * SPAN * (1.0 - USUAL[MOTION]) * NAMED[1]
    assert moved == pytest.approx(expected, abs=1e-6)
    assert apply_bindings(latent, felt(), bindings, target()) == pytest.approx(latent)


def test_bindings_to_one_direction_add_up_but_not_beyond_melodies() -> None:
    up, down = Binding("motion", "range", 1.0), Binding("edges", "range", -1.0)
    zero, now = np.zeros(12, np.float32), felt(motion=0.6, edges=0.4)
    alone = [apply_bindings(zero, now, (b,), target())[2] for b in (up, down)]
    assert apply_bindings(zero, now, (up, down), target())[2] == pytest.approx(sum(alone))
    strong = (Binding("motion", "range", 2.0), Binding("brightness", "range", 2.0))
    assert apply_bindings(zero, felt(motion=1.0, brightness=1.0), strong, target())[2] == pytest.approx(
        LIMIT * NAMED[2]
    )


def test_volumes_and_densities_of_voices_are_moved_from_what_their_controls_say() -> None:
    quiet = Controls(bass_volume=0.25, drums_density=1.0)
    bindings = (
        Binding("motion", "bass_volume", 1.0), Binding("brightness", "drums_density", -0.5),
        Binding("motion", "density", 2.0),
    )  # fmt: skip
    moved = bound_controls(quiet, felt(motion=0.5, brightness=0.95), bindings)
    assert moved.bass_volume == pytest.approx(0.25 + 0.5 - USUAL[MOTION])
    assert moved.drums_density == pytest.approx(1.0 - 0.5 * 2 * 0.5)
    assert replaced(moved, bass_volume=0.25, drums_density=1.0) == quiet
    far = (Binding("motion", "bass_volume", 2.0), Binding("edges", "bass_volume", 2.0))
    assert bound_controls(quiet, felt(motion=1.0, edges=1.0), far).bass_volume == 1.0
    assert bound_controls(quiet, felt(motion=0.0), far).bass_volume == 0.0
    assert bound_controls(quiet, None, bindings) is bound_controls(quiet, felt(motion=1.0), bindings[2:]) is quiet


def test_a_binding_to_a_voice_leaves_the_melody_where_it_is() -> None:
    latent = np.ones(12, np.float32)
    bass = (Binding("motion", "bass_volume", 2.0),)
    np.testing.assert_array_equal(apply_bindings(latent, felt(motion=1.0), bass, target()), latent)


def test_every_volume_and_density_can_be_bound_to() -> None:
    names = {name for name in CONTROLS if name.endswith(("_volume", "_density"))}
    assert set(VOICE_CONTROLS) == names
    assert parse_bindings(["motion bass_volume 0.5"]) == (Binding("motion", "bass_volume", 0.5),)
    with pytest.raises(SettingsError, match="step_size, lead_volume, "):
        parse_bindings(["motion tuba_volume 1"])


def test_what_is_possible_in_a_model_without_directions() -> None:
    both = (Binding("motion", "density", 1.0), Binding("motion", "bass_volume", 1.0))
    assert possible(both, ()) == both[1:]
    assert possible(both, DIRECTIONS) == both


def test_the_norm_keeps_its_bound() -> None:
    latent = np.full(12, 1.7, np.float32)
    moved = apply_bindings(latent, felt(motion=1.0), (Binding("motion", "range", 2.0),), target(rms=4.0))
    assert np.linalg.norm(moved) == pytest.approx(4.0 * GREATEST_NORM, rel=1e-5)


def test_without_pictures_names_or_bindings_nothing_moves() -> None:
    latent, some = np.ones(12, np.float32), (Binding("motion", "density", 1.0),)
    for now, bindings, side in (
        (None, some, target()),
        (felt(), (), target()),
        (felt(motion=1), some, target(named=())),
    ):
        assert apply_bindings(latent, now, bindings, side) is latent


def test_camera_noise_is_not_felt() -> None:
    rng = np.random.default_rng(0)
    now = smooth_readings(None, seen(), 0.1, 0.0)
    begun = now.value
    for n in range(1, 300):
        noisy = replace(seen(0.5 + BAND * rng.uniform(-1, 1)), edges=0.1 + BAND * rng.uniform(-1, 1))
        now = smooth_readings(now, noisy, 0.1 + BAND * rng.uniform(-1, 1), n / 30)
        np.testing.assert_array_equal(now.value, begun)


@pytest.mark.parametrize("fps", [10, 60])
def test_a_change_is_followed_in_time_whatever_the_picture_rate(fps: int) -> None:
    now = smooth_readings(None, seen(0.0), 0.0, 0.0)
    for n in range(1, int(HALF_LIFE_S * fps * 2) + 1):
        now = smooth_readings(now, seen(1.0), 0.0, n / fps)
    assert now.value[0] == pytest.approx(0.75 - BAND, abs=0.001)
    for n in range(1, 10 * fps):
        now = smooth_readings(now, seen(1.0), 0.0, 2 * HALF_LIFE_S + n / fps)
    assert now.value[0] == pytest.approx(1.0 - BAND, abs=0.001)


def test_a_cut_is_felt_at_once() -> None:
    now = smooth_readings(smooth_readings(None, seen(0.0), 0.0, 0.0), seen(1.0, cut=True), 0.7, 0.01)
    assert (now.value[0], now.value[MOTION]) == (1.0, pytest.approx(0.7))


def test_hue_counts_by_its_warmth_without_a_seam() -> None:
    assert warmth(1 / 12, 0.5) == 1.0
    assert warmth(7 / 12, 0.5) == pytest.approx(0.0)
    assert warmth(0.999, 0.5) == pytest.approx(warmth(0.0, 0.5), abs=0.01)
    assert warmth(1 / 12, 0.0) == warmth(7 / 12, 0.0) == 0.5
