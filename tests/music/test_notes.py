import pytest
from hypothesis import given
from hypothesis import strategies as st

from score_bridge.music.notes import Note, notes_to_tokens, pair_events, tokens_to_notes
from score_bridge.music.tokens import HOLD, OFF, VOCABULARY, note_on
from score_bridge.wire import messages

melodies = st.lists(st.one_of(st.just(HOLD), st.just(OFF), st.integers(2, VOCABULARY - 1)), max_size=64)


def on(id: int, time: float, stream: str = "main", pitch: int = 60) -> messages.Note:
    return messages.Note(stream=stream, id=id, pitch=pitch, velocity=90, channel=2, seconds=0.1, time=time)


def off(id: int, time: float, stream: str = "main") -> messages.NoteOff:
    return messages.NoteOff(stream=stream, id=id, pitch=60, channel=2, time=time)


def spans(notes: list[Note]) -> list[tuple[float, float, int]]:
    return [(n.onset, n.duration, n.pitch) for n in notes]


def test_a_melody_reads_as_notes() -> None:
    tokens = [note_on(60), HOLD, note_on(62), OFF, HOLD, note_on(64), HOLD, HOLD]
    notes = tokens_to_notes(tokens, 0.125, velocity=70)
    assert spans(notes) == [(0.0, 0.25, 60), (0.25, 0.125, 62), (0.625, 0.375, 64)]
    assert [(n.id, n.velocity, n.channel, n.stream) for n in notes] == [(i, 70, 1, "main") for i in range(3)]


def test_rests_alone_are_no_notes() -> None:
    assert tokens_to_notes([HOLD, OFF, OFF, HOLD], 0.125) == []
    assert tokens_to_notes([], 0.125) == []


@pytest.mark.parametrize("token", [-1, VOCABULARY])
def test_a_token_outside_the_vocabulary_is_refused(token: int) -> None:
    with pytest.raises(ValueError, match="at step 1"):
        tokens_to_notes([HOLD, token], 0.125)


@given(melodies, st.floats(0.01, 1.0))
def test_tokens_and_notes_are_inverses(tokens: list[int], step: float) -> None:
    notes = tokens_to_notes(tokens, step)
    again = notes_to_tokens(notes, step, len(tokens))
    assert tokens_to_notes(again, step) == notes
    assert [t for t in again if t > OFF] == [t for t in tokens if t > OFF]
    assert notes_to_tokens(tokens_to_notes(again, step), step, len(again)) == again


@given(melodies)
def test_notes_of_one_melody_never_overlap_nor_outlast_it(tokens: list[int]) -> None:
    notes = tokens_to_notes(tokens, 1.0)
    ends = [n.end for n in notes]
    assert all(end <= later.onset for end, later in zip(ends, notes[1:], strict=False))
    assert not ends or ends[-1] <= len(tokens)


def test_loose_notes_are_put_on_the_grid() -> None:
    notes = [Note(0, 0.02, 0.05, 60, 80), Note(1, 0.49, 0.6, 62, 80), Note(2, 0.99, 9.0, 64, 80)]
    assert notes_to_tokens(notes, 0.25, 6) == [note_on(60), OFF, note_on(62), HOLD, note_on(64), HOLD]


def test_of_notes_that_begin_together_the_highest_is_kept() -> None:
    chord = [Note(0, 0.0, 1.0, 67, 80), Note(1, 0.0, 0.5, 72, 80), Note(2, 0.0, 1.0, 60, 80)]
    assert notes_to_tokens(chord, 0.25, 4) == [note_on(72), HOLD, OFF, HOLD]


def test_notes_outside_the_melody_are_left_out() -> None:
    assert notes_to_tokens([Note(0, -1.0, 0.5, 60, 80), Note(1, 2.0, 0.5, 60, 80)], 0.25, 4) == [HOLD] * 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"pitch": 128}, {"pitch": -1}, {"velocity": 0}, {"velocity": 128}, {"channel": 0}, {"channel": 17},
        {"program": 128}, {"duration": 0.0}, {"duration": float("nan")}, {"onset": float("inf")},
    ],
)  # fmt: skip
def test_what_no_instrument_could_play_is_refused(wrong: dict[str, float]) -> None:
    good = {"id": 0, "onset": 0.0, "duration": 1.0, "pitch": 60, "velocity": 64}
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Note(**{**good, **wrong})  # type: ignore[arg-type]


def test_live_events_pair_by_stream_and_id() -> None:
    events: list[messages.Note | messages.NoteOff]
    events = [on(1, 10.0), on(1, 10.25, "b", 48), off(1, 10.5), on(2, 10.5), off(1, 11.0, "b")]
    notes = pair_events(events, 12.0, start=10.0, programs={messages.LEAD: 32})
    assert [(n.stream, n.id, n.onset, n.duration, n.pitch, n.program) for n in notes] == [
        ("main", 1, 0.0, 0.5, 60, 32),
        ("b", 1, 0.25, 0.75, 48, 32),
        ("main", 2, 0.5, 1.5, 60, 32),
    ]
    assert {(n.velocity, n.channel) for n in notes} == {(90, 2)}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([off(1, 1.0)], []),
        ([on(1, 1.0), off(1, 0.5)], []),
        ([on(1, 5.0), off(1, 6.0)], []),
        ([on(1, -1.0), off(1, 2.0)], []),
        ([on(1, 1.0), off(1, 9.0)], [(1.0, 3.0, 60)]),
        ([on(1, 1.0), off(1, 2.0), off(1, 3.0)], [(1.0, 1.0, 60)]),
        ([on(1, 1.0), on(1, 2.0), off(1, 3.0)], [(1.0, 1.0, 60), (2.0, 1.0, 60)]),
    ],
)
def test_live_events_in_disorder(
    events: list[messages.Note | messages.NoteOff], expected: list[tuple[float, float, int]]
) -> None:
    assert spans(pair_events(events, 4.0)) == expected
