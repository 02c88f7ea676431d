"""MIDI outputs behind one small interface; see `midi_ports`."""

import contextlib
import importlib
import logging
from typing import Any, Literal, Protocol

from score_bridge.live.midi_ports import VIRTUAL_NAME, PortWatch, full_name, open_port

LOG = logging.getLogger(__name__)

ClockKind = Literal["clock", "start", "stop"]


class MidiOut(Protocol):
    """Where MIDI goes. Channels 1-16, everything else 0-127."""

    name: str

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        """Begin a note."""

    def note_off(self, channel: int, pitch: int) -> None:
        """End a note."""

    def program(self, channel: int, program: int) -> None:
        """Choose a General MIDI program, counted from 0."""

    def control(self, channel: int, number: int, value: int) -> None:
        """Set a controller."""

    def bend(self, channel: int, amount: int) -> None:
        """Bend the pitch, -8192 to 8191; 0 is in tune."""

    def pressure(self, channel: int, amount: int) -> None:
        """Press all keys of a channel."""

    def clock(self, kind: ClockKind) -> None:
        """Send a pulse of the MIDI clock, a start or a stop."""

    def tend(self) -> bool:
        """Look whether the port is still there; returns whether it was opened again."""

    def close(self) -> None:
        """Let go of the port."""


class NoMidi:
    """No MIDI output."""

    name = "none"

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        """Do nothing."""

    def note_off(self, channel: int, pitch: int) -> None:
        """Do nothing."""

    def program(self, channel: int, program: int) -> None:
        """Do nothing."""

    def control(self, channel: int, number: int, value: int) -> None:
        """Do nothing."""

    def bend(self, channel: int, amount: int) -> None:
        """Do nothing."""

    def pressure(self, channel: int, amount: int) -> None:
        """Do nothing."""

    def clock(self, kind: ClockKind) -> None:
        """Do nothing."""

    def tend(self) -> bool:
        """Do nothing."""
        return False

    def close(self) -> None:
        """Do nothing."""


class MidoOut:
    """A mido output port. A port that fails later (unplugged) is logged once and does not stop the music."""

    def __init__(self, port: Any) -> None:
        """Send to an open `mido` output."""
        self.name: str = port.name
        self._port = port
        self._message: Any = importlib.import_module("mido").Message
        self._failed = False

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        """Begin a note."""
        self._send("note_on", channel=channel - 1, note=pitch, velocity=velocity)

    def note_off(self, channel: int, pitch: int) -> None:
        """End a note."""
        self._send("note_off", channel=channel - 1, note=pitch, velocity=0)

    def program(self, channel: int, program: int) -> None:
        """Choose a General MIDI program, counted from 0."""
        self._send("program_change", channel=channel - 1, program=program)

    def control(self, channel: int, number: int, value: int) -> None:
        """Set a controller."""
        self._send("control_change", channel=channel - 1, control=number, value=value)

    def bend(self, channel: int, amount: int) -> None:
        """Bend the pitch, -8192 to 8191; 0 is in tune."""
        self._send("pitchwheel", channel=channel - 1, pitch=amount)

    def pressure(self, channel: int, amount: int) -> None:
        """Press all keys of a channel."""
        self._send("aftertouch", channel=channel - 1, value=amount)

    def clock(self, kind: ClockKind) -> None:
        """Send a pulse of the MIDI clock, a start or a stop."""
        self._send(kind)

    def tend(self) -> bool:
        """It is a port of our own, which stays."""
        return False

    def close(self) -> None:
        """Let go of the port."""
        self._port.close()

    def _send(self, kind: str, **values: int) -> None:
        try:
            self._port.send(self._message(kind, **values))
        except OSError as error:  # rtmidi's errors are OSErrors
            if not self._failed:
                LOG.warning("MIDI port %r fails: %s", self.name, error)
            self._failed = True


class DeviceOut(MidoOut):
    """The port of a device or another program, which may go and come back: then it is opened again."""

    def __init__(self, backend: Any, name: str) -> None:
        """Open the port that is called `name`, or the only one that has it in its name. Raises OSError."""
        self._backend = backend
        super().__init__(backend.open_output(full_name(backend.get_output_names(), name)))
        self._watch = PortWatch(backend, "output", self.name)

    def tend(self) -> bool:
        """Look whether the port is still there; returns whether it was opened again."""
        return self._watch.look(self._open)

    def close(self) -> None:
        """Let go of the port."""
        self._watch.close()
        super().close()

    def _open(self, name: str) -> None:
        with contextlib.suppress(OSError):
            self._port.close()
        self._port = self._backend.open_output(name)
        self.name, self._failed = self._port.name, False


def open_midi(name: str) -> MidiOut:
    """Open the output called `name`: "none", "virtual" (a port of our own that others connect to) or a port's name.

    Raises DeviceError.
    """
    return NoMidi() if name == "none" else open_port(name, "--midi-port", _open_at)


def _open_at(backend: Any, name: str) -> MidiOut:
    if name == "virtual":
        return MidoOut(backend.open_output(VIRTUAL_NAME, virtual=True))
    return DeviceOut(backend, name)
