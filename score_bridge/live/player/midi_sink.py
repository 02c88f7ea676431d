"""Notes to MIDI: every note-on gets exactly one note-off on its channel and pitch, even where notes overlap."""

from score_bridge.live.player.midi_out import MidiOut
from score_bridge.live.player.pulses import PulseQueue
from score_bridge.live.player.schedule import Cue, Key, key_of
from score_bridge.wire.internal import MidiExpression
from score_bridge.wire.messages import Note, NoteOff
from score_bridge.wire.midi_expression import MidiTarget

SUSTAIN, ALL_SOUND_OFF, ALL_NOTES_OFF = 64, 120, 123
CHANNELS = range(1, 17)
FULL = {"controller": 127, "pressure": 127, "bend": 8191}
"""What a reading of 1 sets."""


class MidiSink:
    """Plays cues on one output.

    MIDI knows a note by channel and pitch only. Where a second one begins on a pitch that sounds, the first is ended
    there and its own note-off, later, is not sent.
    """

    def __init__(self, out: MidiOut) -> None:
        """Play on `out`."""
        self.out = out
        self._held: dict[tuple[int, int], Key] = {}
        self._programs: dict[int, int] = {}
        self._set: dict[tuple[int, MidiTarget], int] = {}  # what controllers, bends and pressures were last set to

    def play(self, cue: Cue) -> None:
        """Begin or end a note."""
        event = cue.event
        place = (event.channel, event.pitch)
        if not isinstance(event, Note):
            if self._held.get(place) == key_of(event):
                del self._held[place]
                self.out.note_off(*place)
            return
        if place in self._held:
            self.out.note_off(*place)
        if self._programs.get(event.channel) != cue.program:
            self.out.program(event.channel, cue.program)
            self._programs[event.channel] = cue.program
        self.out.note_on(*place, event.velocity)
        self._held[place] = key_of(event)

    def end(self, note: Note, off: NoteOff) -> None:  # noqa: ARG002
        """End a note that another player began."""
        if (note.channel, note.pitch) not in self._held:
            self.out.note_off(note.channel, note.pitch)

    def express(self, message: MidiExpression) -> None:
        """Set what is not set so already."""
        for one in message.values:
            self._turn(message.channel, one.target, round(min(max(one.value, 0.0), 1.0) * FULL[one.target.kind]))

    def straighten(self) -> None:
        """End every bend: a synthesizer would stay out of tune."""
        for channel, target in list(self._set):
            if target.kind == "bend":
                self._turn(channel, target, 0)

    def _turn(self, channel: int, target: MidiTarget, value: int) -> None:
        if self._set.get((channel, target)) == value:
            return
        self._set[channel, target] = value
        match target.kind:
            case "controller":
                self.out.control(channel, target.number, value)
            case "bend":
                self.out.bend(channel, value)
            case "pressure":
                self.out.pressure(channel, value)

    def stop_clock(self, pulses: PulseQueue) -> None:
        """Send no more pulses, and a stop if there was a start."""
        if pulses.end():
            self.out.clock("stop")

    def tend(self) -> None:
        """Look after the output. A device that comes back sounds nothing and has forgotten its programs."""
        if self.out.tend():
            self._held.clear()
            self._programs.clear()
            self._set.clear()

    def panic(self) -> None:
        """Release the pedal and end everything on every channel; synthesizers ignore one or the other."""
        self.straighten()
        for channel in CHANNELS:
            for number in (SUSTAIN, ALL_NOTES_OFF, ALL_SOUND_OFF):
                self.out.control(channel, number, 0)
