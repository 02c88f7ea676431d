"""The definitions, on records made by hand: seconds that can be added up in the head."""

import msgspec
import pytest

from score_bridge.bench import latency
from score_bridge.bench.probe import Record
from score_bridge.wire.internal import Observed, Played, Stepped
from score_bridge.wire.messages import BASS, Latent, Note, NoteOff


def seen(seq: int, finished: float) -> Observed:
    return Observed(stream="main", seq=seq, received=0, finished=finished, descriptors={}, encoded=True)


def stepped(n: int, due: float) -> Stepped:
    return Stepped(stream="main", n=n, due=due, token=0, events=(), latent=(), program=0, compute_ms=1.0)


RECORD = Record(
    quick=[seen(1, 10.003), seen(2, 10.034)],
    seen=[seen(1, 10.020), seen(3, 10.095)],
    encodes=[(10.004, 10.014), (10.070, 10.090)],
    decodes=[(10.012, 10.017), (10.200, 10.300)],
    steps=[stepped(80, 10.000), stepped(81, 10.125), stepped(82, 10.250)],
    played=[Played(stream="main", id=i, on=True, time=t, lateness=t - 10) for i, t in enumerate((10.001, 10.5))],
)
SENT = {1: 10.0, 2: 10.03, 3: 10.06}


def test_way_and_overhead() -> None:
    assert latency.way(SENT, RECORD) == pytest.approx([0.020, 0.035])
    assert latency.overhead(SENT, RECORD) == pytest.approx([0.020 - 0.013, 0.035 - 0.020])


def test_what_is_found_at_once_has_a_way_of_its_own() -> None:
    assert latency.quick_way(SENT, RECORD) == pytest.approx([0.003, 0.004])


def test_pictures_of_other_runs_have_no_part() -> None:
    assert latency.way({3: 10.06}, RECORD) == pytest.approx([0.035])
    assert latency.overhead({}, RECORD) == []


def test_a_cut_whose_picture_was_replaced_is_heard_with_the_next() -> None:
    assert latency.cut_to_note({2: 10.03}, RECORD, lead=0.02) == pytest.approx([0.065 + 0.02])
    assert latency.cut_to_note({4: 10.09}, RECORD, lead=0.02) == []


@pytest.mark.parametrize(("at", "count"), [(81, 1), (82, 0)])
def test_a_cut_is_heard_at_once_if_the_latent_moves_with_the_first_step_it_can_be_in(at: int, count: int) -> None:
    latents = [Latent(stream="main", step=n, values=(float(n >= at), 0.0)) for n in range(79, 85)]
    assert latency.count_prompt_cuts({3: 10.06}, latents, RECORD, lead=0.02) == count


def test_a_cut_of_a_free_stream_is_answered_by_the_note_that_it_struck() -> None:
    def struck(n: int, asked: float) -> Stepped:
        bass = msgspec.structs.replace(note(n + 100), voice=BASS)
        events = (NoteOff(stream="main", id=1, pitch=60, channel=1), bass, note(n))
        return msgspec.structs.replace(stepped(n, asked), struck=True, events=events)

    def note(n: int) -> Note:
        return Note(stream="main", id=n, pitch=60, velocity=64, channel=1, seconds=1.0)

    def played(n: int, time: float) -> Played:
        return Played(stream="main", id=n, on=True, time=time, lateness=0.0)

    record = Record(
        steps=[stepped(4, 10.0), struck(5, 10.004), struck(9, 10.505)],
        played=[played(1, 9.0), played(4, 10.002), played(105, 10.006), played(5, 10.012), played(9, 10.513)],
    )
    assert latency.free_cut_to_note({1: 10.0, 20: 10.3, 30: 10.5}, record) == pytest.approx([0.012, 0.013])


def test_lateness_of_some_runs() -> None:
    assert latency.lateness(RECORD, {1: 10.0, 2: 10.1}) == pytest.approx([0.001])
    assert latency.lateness(RECORD, {1: 10.0, 2: 10.1}, {3: 10.4, 4: 10.6}) == pytest.approx([0.001, 0.5])


def test_models() -> None:
    assert latency.models(RECORD)["encode"] == pytest.approx([0.010, 0.020])
