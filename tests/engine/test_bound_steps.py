"""Bindings and meaning where they meet the pipeline and the engine's messages."""

from pathlib import Path
from typing import get_args

import msgspec
import numpy as np
import pytest

from score_bridge.engine.decoding import Decoder
from score_bridge.engine.models import EngineModels, load_models
from score_bridge.engine.observing import Observation
from score_bridge.engine.pipeline import StepTime, step
from score_bridge.engine.state import StreamState
from score_bridge.errors import SettingsError
from score_bridge.mapping.bindings import SPAN, USUAL
from score_bridge.models.melody.musicvae_import import import_musicvae
from score_bridge.music.attributes import ATTRIBUTES
from score_bridge.settings import Settings
from score_bridge.vision.descriptors import Descriptors
from score_bridge.wire import internal
from score_bridge.wire.bindings import BINDABLE, Binding, Bindings, Direction, Reading
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import Attribute, Key, Note
from tests.engine.observing import observe
from tests.engine.rig import Rig
from tests.published import tensors, write_tfjs
from tests.tiny import tiny_models
from tests.vision.scenes import noisy, room, watched

STEP_S = 0.125
CONTROLS = Controls(temperature=1.0)
MOTION = (Binding("motion", "density", 1.0),)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> EngineModels:
    return tiny_models(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def decoder(models: EngineModels) -> Decoder:
    return models.decoder


def moving(motion: float) -> Descriptors:
    return Descriptors(0.45, 0.2, 1 / 12 + 0.25, 0.35, 0.2, motion, 0.0, False)


def test_a_binding_moves_the_latent_of_its_own_stream_alone(decoder: Decoder) -> None:
    def stream(name: str, bindings: Bindings) -> StreamState:
        return observe(StreamState(name, bindings=bindings), Observation(0, 0.0, moving(0.9)), CONTROLS)

    states = [stream("a", ()), stream("b", MOTION)]
    ([plain], _), ([bound], after) = step(states, [CONTROLS] * 2, StepTime(0, 0.0, STEP_S), decoder)
    away = bound.place - plain.place
    sigma = decoder.target.named[0]
    assert away[0] == pytest.approx(SPAN * sigma * (0.9 - USUAL[BINDABLE.index("motion")]), rel=1e-4)
    assert not away[1:].any()
    assert after.bindings == MOTION


def test_the_deviation_of_a_direction_is_that_of_the_melodies(decoder: Decoder) -> None:
    """Against draws from the same normal distribution."""
    target, rng = decoder.target, np.random.default_rng(0)
    draws = (rng.standard_normal((20000, len(target.std))) * target.std) @ target.axes
    assert target.named == pytest.approx(draws.std(0)[: len(ATTRIBUTES)], rel=0.03)


def test_a_still_picture_under_camera_noise_stays_where_it_is(decoder: Decoder) -> None:
    readings: tuple[Reading, ...] = get_args(Reading)
    directions: tuple[Direction, ...] = (*get_args(Direction), "density")
    bindings = tuple(Binding(source, target, 1.0) for source, target in zip(readings, directions, strict=True))
    pictures = watched([noisy(room(3), 3.0, seed) for seed in range(144)], fps=24)
    state, places = StreamState("main", bindings=bindings), []
    for n in range(48):
        for k in range(3):
            state = observe(state, Observation(0, (3 * n + k) / 24, pictures[3 * n + k]), CONTROLS)
        [([decided], state)] = step([state], [CONTROLS], StepTime(n, n * STEP_S, STEP_S), decoder)
        places.append(decided.place)
    assert np.ptp(np.stack(places), axis=0).max() == 0.0
    assert np.abs(places[0] - decoder.target.mean)[: len(ATTRIBUTES)].min() > 0.0


def test_the_engine_says_what_it_plays_and_takes_bindings_with_each_step(models: EngineModels) -> None:
    rig = Rig(models)
    for _ in range(48):
        rig.step(msgspec.structs.replace(CONTROLS, transpose=12), MOTION)
    assert rig.state().bindings == MOTION
    told = rig.of(internal.Annotations)
    assert [m.n for m in told] == [31, 47]
    assert all([type(x) for x in m.messages] == [Attribute] * len(ATTRIBUTES) + [Key] for m in told)
    steps = [m for m in rig.of(internal.Stepped) if m.n < 32]
    pitches = [event.pitch for m in steps for event in m.events if isinstance(event, Note)]
    values = {x.name: x.value for x in told[0].messages if isinstance(x, Attribute)}
    assert values["density"] == len(pitches) > 0
    assert values["register"] == pytest.approx(np.mean(pitches))
    assert values["range"] == max(pitches) - min(pitches)
    rig.handle(internal.Release(stream="main", forget=True))
    assert rig.state() == StreamState("main")


def test_an_imported_model_has_no_directions_and_refuses_settings_that_bind(tmp_path: Path) -> None:
    write_tfjs(tmp_path / "mel", tensors())
    import_musicvae(tmp_path / "mel", tmp_path / "mel.safetensors")
    settings = Settings(melody_model=str(tmp_path / "mel.safetensors"), device="cpu", bind=("motion density 1",))
    with pytest.raises(SettingsError, match=r"the melody model mel .* has no named directions") as caught:
        load_models(settings)
    assert "\n" not in str(caught.value)
