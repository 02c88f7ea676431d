"""Notes to MIDI: every note-on gets exactly one note-off on its channel and pitch, even where notes overlap."""

from score_bridge.live.player.midi_out import MidiOut
from score_bridge.live.player.pulses import PulseQueue
from score_bridge.live.player.schedule import Cue, Key, key_of
from score_bridge.wire.messages import Note, NoteOff

SUSTAIN, ALL_SOUND_OFF, ALL_NOTES_OFF = 64, 120, 123
CHANNELS = range(1, 17)


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

    def stop_clock(self, pulses: PulseQueue) -> None:
        """Send no more pulses, and a stop if there was a start."""
        if pulses.end():
            self.out.clock("stop")

    def tend(self) -> None:
        """Look after the output. A device that comes back sounds nothing and has forgotten its programs."""
        if self.out.tend():
            self._held.clear()
            self._programs.clear()

    def panic(self) -> None:
        """Release the pedal and end everything on every channel; synthesizers ignore one or the other."""
        for channel in CHANNELS:
            for number in (SUSTAIN, ALL_NOTES_OFF, ALL_SOUND_OFF):
                self.out.control(channel, number, 0)
