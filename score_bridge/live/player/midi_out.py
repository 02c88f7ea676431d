"""MIDI outputs behind one small interface. Nothing is opened, or even imported, before it is asked for.

A port is tried on the platform's own MIDI first, then on JACK. python-rtmidi has wheels for Python 3.12 at
most; without it, or without a MIDI system, `open_midi` raises DeviceError with one line that says what to do.
"""

import contextlib
import importlib
import logging
import os
import re
import sys
from collections.abc import Iterator
from typing import Any, Protocol

from score_bridge.errors import DeviceError

LOG = logging.getLogger(__name__)
VIRTUAL_NAME = "score_bridge"
BACKENDS = ("mido.backends.rtmidi", "mido.backends.rtmidi/UNIX_JACK")


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
    """The port of a device or another program, which may go and come back: then it is opened again.

    Most MIDI systems let a program play on to a device that is gone, so that its name is looked for.
    """

    def __init__(self, backend: Any, name: str) -> None:
        """Open the port that is called `name`, or the only one that has it in its name. Raises OSError."""
        self._backend, self._wanted = backend, name
        super().__init__(backend.open_output(_full_name(backend.get_output_names(), name)))
        self._there = True
        rtmidi = importlib.import_module("rtmidi")
        self._client = rtmidi.MidiOut(rtmidi.API_UNIX_JACK if "JACK" in _api(backend) else rtmidi.API_UNSPECIFIED)

    def tend(self) -> bool:
        """Look whether the port is still there, which takes less than a millisecond, unless it is opened again."""
        try:
            there = _without_number(self.name) in map(_without_number, self._client.get_ports())
        except OSError:
            there = False
        if self._there and not there:
            LOG.warning("MIDI port %r is gone; it is opened again when it is back", self.name)
        came_back = there and not self._there and self._open_again()
        self._there = there and (self._there or came_back)
        return came_back

    def close(self) -> None:
        """Let go of the port."""
        self._client.delete()
        super().close()

    def _open_again(self) -> bool:
        with contextlib.suppress(OSError):
            self._port.close()
        try:
            self._port = self._backend.open_output(_full_name(self._client.get_ports(), self._wanted))
        except OSError as error:
            LOG.warning("MIDI port %r is back and cannot be opened: %s", self._wanted, error)
            return False
        self.name, self._failed = self._port.name, False
        LOG.warning("MIDI port %r is back", self.name)
        return True


def open_midi(name: str) -> MidiOut:
    """Open the output called `name`: "none", "virtual" (a port of our own that others connect to) or a port's name.

    Raises DeviceError.
    """
    if name == "none":
        return NoMidi()
    failures = []
    for backend in _backends():
        try:
            with stderr_closed():
                return _open_at(backend, name)
        except (OSError, NotImplementedError) as error:
            failures.append(f"{_api(backend)}: {error}")
    raise DeviceError(f"MIDI port {name!r} cannot be opened ({'; '.join(failures)}). {_advice(name)}")


def _open_at(backend: Any, name: str) -> MidiOut:
    if name == "virtual":
        return MidoOut(backend.open_output(VIRTUAL_NAME, virtual=True))
    return DeviceOut(backend, name)


@contextlib.contextmanager
def stderr_closed() -> Iterator[None]:
    """Keep what MIDI systems print from the terminal, as JACK does where it does not run; they raise it, too."""
    kept = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def list_ports() -> list[str]:
    """Return the names of the MIDI outputs there are, on every MIDI system that answers. Raises DeviceError."""
    names: list[str] = []
    backends, failures = _backends(), []
    for backend in backends:
        try:
            with stderr_closed():
                names += backend.get_output_names()
        except OSError as error:
            failures.append(f"{_api(backend)}: {error}")
    if len(failures) == len(backends):
        raise DeviceError(f"no MIDI system answers ({'; '.join(failures)}). {_advice('')}")
    return list(dict.fromkeys(names))


def _backends() -> list[Any]:
    try:
        mido = importlib.import_module("mido")
        names = importlib.import_module("rtmidi").get_compiled_api()
    except ImportError as error:
        raise DeviceError(f"MIDI needs python-rtmidi ({error}): {rtmidi_advice(sys.version_info)}") from None
    jack = importlib.import_module("rtmidi").API_UNIX_JACK
    return [mido.Backend(name) for name in BACKENDS if "JACK" not in name or jack in names]


def rtmidi_advice(version: tuple[Any, ...]) -> str:
    """Say how python-rtmidi comes to a Python of this version."""
    if version < (3, 13):
        return "pip install python-rtmidi"
    return "use Python 3.12, or build it (a C++ compiler, on Linux ALSA's headers): pip install python-rtmidi"


def _full_name(names: list[str], name: str) -> str:
    """Return the port that is called `name`, or the only one that has it in its name."""
    alike = [one for one in names if name.lower() in one.lower()]
    return alike[0] if name not in names and len(alike) == 1 else name


def _without_number(name: str) -> str:
    """ALSA numbers its ports anew ("Synth:Synth MIDI 1 24:0") whenever they come."""
    return re.sub(r" \d+:\d+$", "", name)


def _api(backend: Any) -> str:
    return str(backend.api or "the platform's MIDI")


def _advice(name: str) -> str:
    if name == "virtual":
        return "On Windows install loopMIDI and give its port's name; elsewhere start ALSA's sequencer or JACK."
    return "score-bridge ports lists the ports there are; without MIDI, use --midi-port none."
