"""What the component puts out: values of channels, rows of tables. Pure, but for writing into given DATs."""

from typing import Any

from score_bridge_exchange import Report
from score_bridge_state import Event, Note
from score_bridge_voices import DRUM_SOUNDS, DRUMS, VOICES

FLASHES = ("cut", "onset")  # 1 for a frame, with the event
READINGS = ("brightness", "saturation", "hue", "contrast", "edges", "motion", *FLASHES)
ATTRIBUTES = ("density", "register", "range", "syncopation", "step_size")
PLAYING = ("note", "velocity", "gate", "trigger", "count")
EVENT_HEAD = ("event", "id", "pitch", "velocity", "channel", "seconds", "voice")
LABEL_HEAD = ("rank", "name", "probability")


class Outputs:
    """What sounds, as far as the events that were due say. `values` are all channels by name, in their order.

    Those are: what the lead plays, and under their names what the other voices play, with a trigger for every sound
    of the drums; readings 0..1, attributes, and for every pitch its velocity 0..1 while it sounds. A channel that
    came stays, so that nothing downstream loses its input. `changed` are those that changed in this frame.
    """

    def __init__(self) -> None:
        self.held: dict[int, Note] = {}
        self.values: dict[str, float] = dict.fromkeys((*PLAYING, *READINGS, *ATTRIBUTES, "key", "tempo"), 0.0)
        self.changed: set[str] = set()
        self._flashed: set[str] = set()

    def take(self, report: Report) -> None:
        """Go on by one frame."""
        self.changed.clear()
        for name in self._flashed:
            self._set(name, 0.0)
        self._flashed.clear()
        if report.overflowed:
            self._start_over(report.held)
        for event in report.events:
            self._event(event)
        for name, value in report.readings.items():
            if name not in FLASHES:
                self._set(name, value)
        self._set("key", report.key[1])
        if report.status:
            self._set("tempo", report.status[1])

    def expect(self, channel: int, low: int, high: int) -> None:
        """Have channels for these pitches from the start."""
        for pitch in range(low, high + 1):
            self.values.setdefault(held_name(channel, pitch), 0.0)

    def _event(self, event: Event) -> None:
        note = event.note
        if event.kind in FLASHES:
            self._flash(event.kind)
        elif event.kind == "on" and note is not None:
            self.held[note.id] = note
            before = before_name(note.voice)
            self._set(f"{before}note", float(note.pitch))
            self._set(f"{before}velocity", note.velocity / 127)
            self._set(held_name(note.channel, note.pitch), note.velocity / 127)
            self._flash(f"{before}trigger")
            if note.voice == DRUMS and note.pitch in DRUM_SOUNDS:
                self._flash(f"{before}{DRUM_SOUNDS[note.pitch]}")
        elif note is not None and self.held.pop(note.id, None) is not None:
            name = held_name(note.channel, note.pitch)
            still = (one.velocity for one in self.held.values() if held_name(one.channel, one.pitch) == name)
            self._set(name, next(still, 0) / 127)
        self._count()

    def _start_over(self, held: dict[int, Note]) -> None:
        for note in self.held.values():
            self._set(held_name(note.channel, note.pitch), 0.0)
        self.held = held
        for note in held.values():
            self._set(held_name(note.channel, note.pitch), note.velocity / 127)
        self._count()

    def _count(self) -> None:
        sounding = [note.voice for note in self.held.values()]
        for voice in dict.fromkeys((*VOICES, *sounding)):
            gate = f"{before_name(voice)}gate"
            if voice in sounding or gate in self.values:
                self._set(gate, float(voice in sounding))
        self._set("count", float(len(sounding)))

    def _flash(self, name: str) -> None:
        self._set(name, 1.0)
        self._flashed.add(name)

    def _set(self, name: str, value: float) -> None:
        if self.values.get(name) != value:
            self.values[name] = value
            self.changed.add(name)


def before_name(voice: str) -> str:
    """Return what stands before the names of a voice's channels: nothing for the lead."""
    return "" if voice == VOICES[0] else f"{voice}_"


def held_name(channel: int, pitch: int) -> str:
    """Return the name that a MIDI Out CHOP understands."""
    return f"ch{channel}n{pitch}"


def as_dict(event: Event) -> dict[str, Any]:
    """Return a note event for people's callbacks."""
    assert event.note is not None
    return {"event": event.kind, **{name: getattr(event.note, name) for name in EVENT_HEAD[1:]}}


def write_events(table: Any, events: list[Event], most: int) -> None:
    """Append note events to a Table DAT and leave its last `most`."""
    if table.numRows == 0:
        table.appendRow(EVENT_HEAD)
    for event in events:
        if event.note is not None:
            table.appendRow(list(as_dict(event).values()))
    while table.numRows > most + 1:
        table.deleteRow(1)


def write_table(table: Any, rows: list[tuple[Any, ...]], before: list[tuple[Any, ...]]) -> None:
    """Put rows into a Table DAT that holds those of `before`; where there are as many, only what has changed."""
    if len(rows) != len(before) or table.numRows != len(rows):
        table.clear()
        for row in rows:
            table.appendRow(row)
        return
    for index, (row, old) in enumerate(zip(rows, before, strict=True)):
        for column, cell in enumerate(row):
            if cell != old[column]:
                table[index, column] = cell


def label_rows(report: Report) -> list[tuple[Any, ...]]:
    """Return the table of labels, with its head."""
    rows = ((rank, name, f"{probability:.3f}") for rank, (name, probability) in sorted(report.labels.items()))
    return [LABEL_HEAD, *rows]


def status_rows(report: Report, text: str, rate: float = 60.0) -> list[tuple[Any, ...]]:
    """Return the table of status: a name and a value each; `rate` frames a second turn the delay into frames."""
    standing = report.standing
    state, tempo, frames, latency, dropped, message, delay = report.status or ("", 0.0, 0.0, 0.0, 0, "", 0.0)
    rows = [
        ("status", text), ("state", state), ("message", message), ("tempo", tempo), ("server", standing.server),
        ("route", standing.route), ("round_trip_ms", f"{standing.round_trip_ms:.2f}"),
        ("sent_per_second", f"{standing.sent_per_second:.1f}"), ("dropped_here", standing.dropped),
        ("server_frames_per_second", f"{frames:.1f}"), ("server_latency_ms", f"{latency:.1f}"),
        ("server_dropped", dropped), ("sync_delay_ms", f"{delay:.0f}"),
        ("sync_delay_frames", round(delay * rate / 1000)),
        ("key", report.key[0]), ("key_certainty", f"{report.key[1]:.2f}"),
    ]  # fmt: skip
    return rows + [(f"link {a} {b}", f"{value:.2f}") for (a, b), value in report.links.items()]
