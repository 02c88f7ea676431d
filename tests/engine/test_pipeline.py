from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from score_bridge.engine.decoding import LONGEST_ABSENCE, LONGEST_GAP, Decoder
from score_bridge.engine.draws import DrawKey, mask_tokens
from score_bridge.engine.observing import Observation, Picture, read_content, read_picture
from score_bridge.engine.pipeline import StepResult, StepTime, release_notes, step
from score_bridge.engine.snapshot import pack_state, unpack_state
from score_bridge.engine.state import StreamState
from score_bridge.errors import PeerError
from score_bridge.mapping.calibration import refresh
from score_bridge.mapping.latent_map import latent_of
from score_bridge.models.melody.torch_player import playable
from score_bridge.models.picture.look import Look
from score_bridge.music.tokens import pitch_of
from score_bridge.vision.feature_groups import concatenate_groups
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import LEAD, Note, NoteOff
from tests.engine.observing import observe, of_content, of_host
from tests.tiny import tiny_model

PLAIN = Controls(temperature=0.0)
STEP_S = 0.125


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Decoder:
    return Decoder(playable(tiny_model(tmp_path_factory.mktemp("model"))))


def _features(i: int) -> NDArray[np.float32]:
    return np.random.default_rng(i).standard_normal(24).astype(np.float32)


def _run(
    decoder: Decoder,
    steps: Iterable[int],
    state: StreamState | None = None,
    controls: Controls = PLAIN,
    hear: int = 4,
) -> tuple[list[StepResult], StreamState]:
    """Play steps; every `hear`-th brings other features."""
    state = state or StreamState("main")
    decided = []
    for n in steps:
        if n % hear == 0:
            state = observe(state, of_host(_features(n // hear), n, n * STEP_S), controls)
        [([result], state)] = step([state], [controls], StepTime(n, n * STEP_S, STEP_S), decoder)
        decided.append(result)
    return decided, state


def test_the_same_pictures_give_the_same_notes(decoder: Decoder) -> None:
    hot = Controls(temperature=1.0, variation=0.5)
    first, again = (_run(decoder, range(40), controls=hot)[0] for _ in range(2))
    assert [d.token for d in first] == [d.token for d in again]
    assert len({d.token for d in first}) > 4
    other, _ = _run(decoder, range(40), StreamState("main", seed=1), hot)
    assert [d.token for d in other] != [d.token for d in first]


def test_every_note_on_has_one_note_off_before_the_next(decoder: Decoder) -> None:
    decided, state = _run(decoder, range(64), controls=Controls(temperature=1.0))
    sounding: list[int] = []
    for event in (e for d in decided for e in d.events):
        if isinstance(event, NoteOff):
            assert sounding == [event.id]
            sounding.clear()
        else:
            assert not sounding
            sounding.append(event.id)
    assert sounding == ([state.lead.held.id] if state.lead.held else [])


def test_streams_decided_together_play_what_they_play_alone(decoder: Decoder) -> None:
    alone, _ = _run(decoder, range(20))
    a, b, together = StreamState("main"), StreamState("other", seed=5), []
    for n in range(20):
        if n % 4 == 0:
            a = observe(a, of_host(_features(n // 4), n, n * STEP_S), PLAIN)
            b = observe(b, of_host(_features(n + 100), n, n * STEP_S), PLAIN)
        [([one], a), (_, b)] = step([a, b], [PLAIN, PLAIN], StepTime(n, n * STEP_S, STEP_S), decoder)
        together.append(one)
    assert [d.token for d in together] == [d.token for d in alone]


def test_a_state_is_a_value(decoder: Decoder) -> None:
    _, state = _run(decoder, range(10))
    once = step([state], [PLAIN], StepTime(10, 1.25, STEP_S), decoder)[0][0][0]
    twice = step([state], [PLAIN], StepTime(10, 1.25, STEP_S), decoder)[0][0][0]
    assert (once.token, once.events) == (twice.token, twice.events)


def test_a_restored_stream_plays_on_as_if_nothing_had_happened(decoder: Decoder) -> None:
    unbroken, _ = _run(decoder, range(60))
    _, state = _run(decoder, range(30))
    revived = unpack_state(pack_state(state))
    revived = replace(revived, voices={LEAD: decoder.rebuilt(revived.lead)})
    resumed, _ = _run(decoder, range(30, 60), revived)
    assert [d.token for d in resumed] == [d.token for d in unbroken[30:]]
    ons = [e.id for d in resumed for e in d.events if isinstance(e, Note)]
    assert ons == [e.id for d in unbroken[30:] for e in d.events if isinstance(e, Note)]


@pytest.mark.parametrize("missed", [1, LONGEST_GAP])
def test_steps_that_were_missed_without_an_engine_are_holds_like_those_missed_with_one(
    decoder: Decoder, missed: int
) -> None:
    _, state = _run(decoder, range(30))
    revived = unpack_state(pack_state(state))
    revived = replace(revived, voices={LEAD: decoder.rebuilt(revived.lead, until=29 + missed)})
    assert revived.lead.step == 29 + missed
    resumed, _ = _run(decoder, range(30 + missed, 60), revived)
    bridged, _ = _run(decoder, range(30 + missed, 60), state)
    assert [d.token for d in resumed] == [d.token for d in bridged]


def test_after_a_long_absence_a_stream_begins_anew(decoder: Decoder) -> None:
    _, state = _run(decoder, range(30))
    revived = unpack_state(pack_state(state))
    assert decoder.rebuilt(revived.lead, until=29 + LONGEST_ABSENCE).tokens
    anew = decoder.rebuilt(revived.lead, until=30 + LONGEST_ABSENCE)
    assert (anew.tokens, anew.first) == ((), 31 + LONGEST_ABSENCE)


def test_streams_that_missed_different_steps_catch_up_together_as_each_would_alone(decoder: Decoder) -> None:
    lates = [_run(decoder, range(end))[1] for end in (20, 27, 29)]
    when = StepTime(30, 30 * STEP_S, STEP_S)
    together = step(lates, [PLAIN] * 3, when, decoder)
    for late, ([result], after) in zip(lates, together, strict=True):
        [([alone], apart)] = step([late], [PLAIN], when, decoder)
        assert (result.token, after.lead.tokens, after.lead.step) == (alone.token, apart.lead.tokens, 30)


def test_a_short_gap_is_bridged_and_a_long_one_begins_anew(decoder: Decoder) -> None:
    _, state = _run(decoder, range(20))
    [(_, short)] = step([state], [PLAIN], StepTime(25, 25 * STEP_S, STEP_S), decoder)
    assert (short.lead.step, short.lead.first, len(short.lead.tokens)) == (25, 0, 26)
    [(_, anew)] = step([state], [PLAIN], StepTime(21 + LONGEST_GAP, 9.9, STEP_S), decoder)
    assert (anew.lead.first, len(anew.lead.tokens)) == (21 + LONGEST_GAP, 1)


def test_scale_and_range_hold_for_what_sounds_even_when_transposed(decoder: Decoder) -> None:
    controls = Controls(temperature=2.0, root="D", scale="major pentatonic", lowest=50, highest=75, transpose=5)
    decided, _ = _run(decoder, range(120), controls=controls)
    pitches = {e.pitch for d in decided for e in d.events if isinstance(e, Note)}
    assert len(pitches) > 4
    assert pitches <= {p for p in range(50, 76) if (p - 2) % 12 in (0, 2, 4, 7, 9)}


def test_no_pitch_allowed_is_silence(decoder: Decoder) -> None:
    decided, _ = _run(decoder, range(20), controls=Controls(lowest=60, highest=50))
    assert all(pitch_of(d.token) is None and not d.events for d in decided)


def test_a_silenced_note_gets_no_second_off(decoder: Decoder) -> None:
    _, state = _run(decoder, range(40))
    assert state.lead.held is not None
    decided, _ = _run(decoder, range(40, 80), release_notes(state))
    offs = [e.id for d in decided for e in d.events if isinstance(e, NoteOff)]
    assert state.lead.held.id not in offs


def test_features_of_another_length_are_refused_in_words() -> None:
    state = observe(StreamState("main"), of_host(_features(0), 0, 0.0), PLAIN)
    with pytest.raises(PeerError, match="have 24 values, got 3"):
        observe(state, of_host(np.zeros(3, np.float32), 1, 0.1), PLAIN)


def _acquainted(controls: Controls) -> StreamState:
    """A stream that has seen what its pictures are like."""
    state = StreamState("main")
    for i in range(8, -1, -1):
        state = observe(state, of_content(_features(i), 0, -10.0 * i), controls)
    return state


def test_a_narrow_range_asks_for_other_pitches_and_not_for_fewer_notes() -> None:
    logits = np.random.default_rng(3).standard_normal(90)
    logits[60] = 4.0
    odds = np.exp(logits)
    for allowed in (np.arange(90) < 40, np.isin(np.arange(90) % 12, (0, 1, 3))):
        allowed[:2] = True
        kept = np.exp(mask_tokens(logits, allowed))
        assert (kept[~allowed] == 0).all()
        np.testing.assert_allclose(kept[:2], odds[:2])
        assert kept[2:].sum() == pytest.approx(odds[2:].sum())
        ratios = (kept / odds)[2:][allowed[2:]]
        np.testing.assert_allclose(ratios, ratios[0])
    silent = mask_tokens(logits, np.arange(90) < 2)
    assert np.isinf(silent[2:]).all()


def test_a_cut_bypasses_the_smoothing() -> None:
    calm = Controls(smoothing=1.0)
    state = _acquainted(calm)
    cut = replace(state, picture=replace(state.picture, cut=0.05))
    after = [observe(s, of_content(_features(7), 9, 0.1), calm).picture for s in (state, cut)]
    assert after[0].features is not None
    assert after[1].features is not None
    np.testing.assert_array_equal(after[1].features.value, _features(7))
    assert np.linalg.norm(after[0].features.value - _features(7)) > 1.0
    assert after[1].cut is None


def test_late_features_of_a_picture_before_the_cut_do_not_answer_it() -> None:
    calm = Controls(smoothing=1.0)
    state = _acquainted(calm)
    cut = replace(state, picture=replace(state.picture, cut=0.05))
    late = observe(cut, of_content(_features(0), 1, 0.04), calm)
    assert late.picture.cut == 0.05
    answer = observe(late, of_content(_features(7), 2, 0.05), calm).picture
    assert answer.features is not None
    np.testing.assert_array_equal(answer.features.value, _features(7))


def _picture(brightness: int) -> Picture:
    return Picture(np.zeros((128, 128, 3), np.uint8), np.full((64, 64, 3), brightness, np.uint8), None)


def test_quick_groups_are_followed_at_once_and_content_when_it_comes() -> None:
    wanted = ("content", "colour", "motion")
    state = StreamState("main")
    reader, seen, encode = read_picture(state.picture.reader, _picture(10), 0, 0.0, wanted)
    assert encode
    assert not seen.groups
    state = observe(state, seen, PLAIN)
    reader, whole = read_content(reader, Look(_features(0), (("sea", 0.5),)), 0, 0.0, wanted)
    assert whole.complete
    state = observe(state, whole, PLAIN)
    assert state.picture.labels == (("sea", 0.5),)
    _, quick, encode = read_picture(reader, _picture(90), 1, 0.04, wanted)
    assert (encode, quick.quick, quick.complete) == (False, True, False)
    cut = replace(state, picture=replace(state.picture, cut=0.04))
    after = observe(cut, quick, PLAIN).picture
    assert state.picture.calibration is not None
    assert after.calibration is state.picture.calibration
    assert after.features is not None
    np.testing.assert_array_equal(after.features.value, quick.features)
    np.testing.assert_array_equal(quick.groups["content"], _features(0))
    assert after.cut == 0.04


def test_attention_decides_what_moves_the_music(decoder: Decoder) -> None:
    """With nothing but colour attended to, content may change as it likes."""
    only = Controls(content=0.0, motion=0.0)
    state = StreamState("main")
    for i in range(30):
        parts = {"content": _features(i), "colour": 0.2 * _features(i % 5)[:12], "motion": np.zeros(16, np.float32)}
        state = observe(state, Observation(i, i * 1.0, groups=parts), only)
    places = []
    for content, colour in ((50, 1), (51, 1), (50, 2)):
        parts = {
            "content": _features(content),
            "colour": 0.2 * _features(colour)[:12],
            "motion": np.zeros(16, np.float32),
        }
        seen = observe(state, Observation(99, 99.0, groups=parts), only).picture
        assert seen.features is not None
        assert seen.calibration is not None
        places.append(latent_of(concatenate_groups(parts), seen.calibration, decoder.target, only, 200.0))
    assert np.linalg.norm(places[0] - places[1]) < 0.2 * np.linalg.norm(places[0] - places[2])


def test_another_attention_needs_no_new_learning() -> None:
    state = _acquainted(PLAIN)
    before = state.picture.calibration
    assert before is not None
    after = observe(state, of_content(_features(1), 1, 1.0, quick=True), Controls(content=0.5)).picture
    assert after.calibration is not None
    assert after.calibration.count == before.count
    assert after.calibration.changed == 1.0
    np.testing.assert_allclose(after.calibration.basis.variances, refresh(before, 1.0).basis.variances / 4, rtol=1e-3)


def test_a_still_picture_with_camera_noise_rests(decoder: Decoder) -> None:
    state = StreamState("main")
    latents = []
    for n in range(60):
        noisy = _features(1) + 0.002 * _features(n + 50)
        state = observe(state, of_content(noisy, n, n * STEP_S), PLAIN)
        [([result], state)] = step([state], [PLAIN], StepTime(n, n * STEP_S, STEP_S), decoder)
        latents.append(result.place)
    assert np.abs(np.diff(np.stack(latents[30:]), axis=0)).max() < 0.01


def test_pictures_move_the_motion_and_it_fades() -> None:
    rng = np.random.default_rng(0)
    state = StreamState("main")
    stills = [rng.integers(0, 255, (64, 64, 3), dtype=np.uint8) for _ in range(7)]
    motions = []
    for i in range(60):
        picture = Picture(np.zeros((128, 128, 3), np.uint8), stills[min(i, 6)], None)
        reader, seen, _ = read_picture(state.picture.reader, picture, i, i * 0.04, ("colour", "motion"))
        state = observe(replace(state, picture=replace(state.picture, reader=reader)), seen, PLAIN)
        motions.append(state.picture.motion)
    assert motions[5] > 0.5
    assert motions[-1] < 0.1


def test_a_still_picture_plays_its_phrase_again_at_any_temperature_until_it_is_to_vary(decoder: Decoder) -> None:
    def phrases(variation: float) -> list[list[int]]:
        """The third to the sixth phrase without a memory, which a random model would never forget."""
        controls = Controls(temperature=1.0, variation=variation, memory=0)
        tokens = [d.token for d in _run(decoder, range(192), controls=controls, hear=1000)[0]]
        return [tokens[at : at + 32] for at in range(64, 192, 32)]

    still = phrases(0.0)
    assert all(p == still[0] for p in still)
    assert len(set(still[0])) > 4
    varied = phrases(0.3)
    shared = np.mean([a == b for p, q in pairwise(varied) for a, b in zip(p, q, strict=True)])
    assert 0.1 < shared < 1


def test_draws_follow_the_chances_over_seeds(decoder: Decoder) -> None:
    logits = np.full(90, -9.0, np.float32)
    logits[[0, 40, 42]] = np.log([0.5, 0.3, 0.2])
    for variation in (0.0, 1.0):
        drawn = [
            decoder.draw(logits, Controls(variation=variation), DrawKey(seed, "main", LEAD, 5))
            for seed in range(2000)
        ]
        shares = [drawn.count(token) / 2000 for token in (0, 40, 42)]
        assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.04)
    assert {decoder.draw(logits, PLAIN, DrawKey(seed, "main", LEAD, 5)) for seed in range(50)} == {0}


def test_near_latents_draw_nearly_the_same(decoder: Decoder) -> None:
    rng = np.random.default_rng(0)
    logits = rng.standard_normal(90).astype(np.float32) * 2
    near = logits + rng.standard_normal(90).astype(np.float32) * 0.1
    same = [
        decoder.draw(logits, Controls(variation=0.0), DrawKey(s, "main", LEAD, 3))
        == decoder.draw(near, Controls(variation=0.0), DrawKey(s, "main", LEAD, 3))
        for s in range(300)
    ]
    anew = [
        decoder.draw(logits, Controls(variation=1.0), DrawKey(s, "main", LEAD, 3))
        == decoder.draw(near, Controls(variation=1.0), DrawKey(s, "main", LEAD, 35))
        for s in range(300)
    ]
    assert np.mean(same) > 0.85
    assert np.mean(anew) < 0.5


def test_memory_is_how_far_back_the_music_goes_on_from(decoder: Decoder) -> None:
    latent = decoder.target.mean
    histories = []
    for token in (0, 50):
        _, state = _run(decoder, range(40), StreamState("main", seed=token), Controls(temperature=1.0))
        histories.append(replace(state.lead, tokens=(*state.lead.tokens[:-1], 40)))
    logits = {
        bars: [decoder.advance([played], [latent], 40, [16 * bars])[0][0].logits for played in histories]
        for bars in (0, 1, 8)
    }
    assert np.abs(logits[8][0] - logits[0][0]).max() > 1e-3
    assert np.abs(logits[1][0] - logits[8][0]).max() > 1e-4
    assert np.abs(logits[0][0] - logits[0][1]).max() < 1e-6
    assert np.abs(logits[8][0] - logits[8][1]).max() > 1e-4
