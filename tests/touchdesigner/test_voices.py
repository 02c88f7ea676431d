"""Several voices in the component: what the lead plays is not what the bass plays, and chords are several notes."""

import tests.touchdesigner.modules  # noqa: F401  they are found by name
from score_bridge.wire.ensembles import VOICE_NAMES

import score_bridge_exchange as exchanges  # isort: skip
import score_bridge_outputs as outputs  # isort: skip
import score_bridge_state as states  # isort: skip
import score_bridge_status as statuses  # isort: skip
import score_bridge_voices as voices  # isort: skip


def report(events: list[states.Event], held: dict[int, states.Note]) -> exchanges.Report:
    return exchanges.Report(events, False, held, {}, {}, {}, ("", 0.0), (), statuses.Standing())


def test_voices_are_called_as_they_are_in_messages() -> None:
    assert tuple(VOICE_NAMES[number] for number in sorted(VOICE_NAMES)) == voices.VOICES
    assert states.voice_name(7) == "voice7"


def test_a_bass_note_leaves_the_channels_of_the_lead_alone() -> None:
    state, out = states.State("main"), outputs.Outputs()

    def hear(address: str, *arguments: object) -> dict[str, float]:
        out.take(report(state.take(address, ["main", *arguments], 0.0), dict(state.held)))
        return out.values

    hear("/score/note", 1, 72, 127, 1, 0.5, 0.0, 0)
    values = hear("/score/note", 2, 36, 64, 3, 0.5, 0.0, 2)
    assert (values["note"], values["velocity"], values["gate"], values["bass_note"], values["bass_gate"]) == (
        72,
        1,
        1,
        36,
        1,
    )
    assert (values["trigger"], values["bass_trigger"]) == (0, 1)
    for number, pitch in ((3, 60), (4, 64), (5, 67)):
        values = hear("/score/note", number, pitch, 64, 2, 0.5, 0.0, 1)
    assert values["count"] == 5
    assert all(values[f"ch2n{pitch}"] > 0 for pitch in (60, 64, 67))
    values = hear("/score/noteoff", 1, 72, 1, 0.0, 0)
    assert (values["gate"], values["chords_gate"], values["bass_gate"]) == (0, 1, 1)
    for number, pitch in ((3, 60), (4, 64), (5, 67)):
        values = hear("/score/noteoff", number, pitch, 2, 0.0, 1)
    assert (values["chords_gate"], values["count"], values["ch2n64"]) == (0, 1, 0)


def test_each_sound_of_the_drums_is_a_trigger_for_one_frame() -> None:
    state, out = states.State("main"), outputs.Outputs()
    for number, pitch in ((1, 36), (2, 42)):
        out.take(report(state.take("/score/note", ["main", number, pitch, 64, 10, 0.1, 0.0, 3], 0.0), {}))
    assert (out.values["drums_kick"], out.values["drums_closed_hat"], out.values["drums_trigger"]) == (0, 1, 1)
    out.take(report([], {}))
    assert (out.values["drums_kick"], out.values["drums_closed_hat"], out.values["drums_trigger"]) == (0, 0, 0)
    assert (out.values["note"], out.values["trigger"]) == (0, 0)


def test_the_bass_on_a_drum_s_pitch_is_no_drum() -> None:
    state, out = states.State("main"), outputs.Outputs()
    out.take(report(state.take("/score/note", ["main", 1, 36, 64, 3, 0.1, 0.0, 2], 0.0), {}))
    assert "drums_kick" not in out.values


def test_a_voice_of_a_newer_server_has_channels_by_its_number() -> None:
    state, out = states.State("main"), outputs.Outputs()
    out.take(report(state.take("/score/note", ["main", 1, 50, 64, 4, 0.1, 0.0, 7], 0.0), {}))
    assert (out.values["voice7_note"], out.values["voice7_gate"], out.values["gate"]) == (50, 1, 0)


def test_a_server_that_names_no_voice_plays_the_lead() -> None:
    [event] = states.State("main").take("/score/note", ["main", 1, 72, 100, 1, 0.5], 0.0)
    assert event.note is not None
    assert outputs.as_dict(event)["voice"] == "lead"
