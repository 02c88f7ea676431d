"""MIDI ports by name, for outputs and inputs. Nothing is opened, or even imported, before it is asked for.

A port is looked for on the platform's own MIDI first, then on JACK. python-rtmidi has wheels for Python 3.12 at most;
without it, or without a MIDI system, DeviceError says in one line what to do.
"""

import contextlib
import importlib
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeVar

from score_bridge.errors import DeviceError

LOG = logging.getLogger(__name__)
BACKENDS = ("mido.backends.rtmidi", "mido.backends.rtmidi/UNIX_JACK")
VIRTUAL_NAME = "score_bridge"

Direction = Literal["output", "input"]
T = TypeVar("T")


class PortWatch:
    """Whether the port of a device or another program is there, which may go and come back.

    Most MIDI systems let a program go on with a device that is gone, so that its name is looked for.
    """

    def __init__(self, backend: Any, direction: Direction, name: str) -> None:
        """Watch the port that is called `name` in full."""
        rtmidi = importlib.import_module("rtmidi")
        kind = rtmidi.MidiOut if direction == "output" else rtmidi.MidiIn
        self._client = kind(rtmidi.API_UNIX_JACK if "JACK" in api_name(backend) else rtmidi.API_UNSPECIFIED)
        self._name = name
        self._there = True

    def look(self, open_again: Callable[[str], None]) -> bool:
        """Look, which takes less than a millisecond, and open it again where it came back; returns whether it did.

        open_again: opens the port of a full name, or raises OSError.
        """
        try:
            names = self._client.get_ports()
        except OSError:
            names = []
        found = next((name for name in names if without_number(name) == without_number(self._name)), None)
        if found is None:
            if self._there:
                LOG.warning("MIDI port %r is gone; it is opened again when it is back", self._name)
            self._there = False
            return False
        if self._there:
            return False
        try:
            open_again(found)
        except OSError as error:
            LOG.warning("MIDI port %r is back and cannot be opened: %s", self._name, error)
            return False
        self._there, self._name = True, found
        LOG.warning("MIDI port %r is back", found)
        return True

    def close(self) -> None:
        """Stop looking."""
        self._client.delete()


def open_port(name: str, setting: str, open_at: Callable[[Any, str], T]) -> T:
    """Open the port called `name` on the first MIDI system that has it, by `open_at(backend, name)`.

    setting: the flag that names it. Raises DeviceError with what each system said.
    """
    failures = []
    for backend in backends():
        try:
            with stderr_closed():
                return open_at(backend, name)
        except (OSError, NotImplementedError) as error:
            failures.append(f"{api_name(backend)}: {error}")
    raise DeviceError(f"MIDI port {name!r} cannot be opened ({'; '.join(failures)}). {_advice(name, setting)}")


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


def list_ports(direction: Direction = "output") -> list[str]:
    """Return the names of the MIDI ports there are, on every MIDI system that answers. Raises DeviceError."""
    names: list[str] = []
    found, failures = backends(), []
    for backend in found:
        try:
            with stderr_closed():
                names += backend.get_output_names() if direction == "output" else backend.get_input_names()
        except OSError as error:
            failures.append(f"{api_name(backend)}: {error}")
    if len(failures) == len(found):
        raise DeviceError(f"no MIDI system answers ({'; '.join(failures)}). {_advice('', '--midi-port')}")
    return list(dict.fromkeys(names))


def backends() -> list[Any]:
    """Return mido's backends, in the order in which they are tried. Raises DeviceError without python-rtmidi."""
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


def full_name(names: list[str], name: str) -> str:
    """Return the port that is called `name`, or the only one that has it in its name."""
    alike = [one for one in names if name.lower() in one.lower()]
    return alike[0] if name not in names and len(alike) == 1 else name


def without_number(name: str) -> str:
    """ALSA numbers its ports anew ("Synth:Synth MIDI 1 24:0") whenever they come."""
    return re.sub(r" \d+:\d+$", "", name)


def api_name(backend: Any) -> str:
    """Return what the MIDI system of a backend is called."""
    return str(backend.api or "the platform's MIDI")


def _advice(name: str, setting: str) -> str:
    if name == "virtual":
        return "On Windows install loopMIDI and give its port's name; elsewhere start ALSA's sequencer or JACK."
    return f"score-bridge ports lists the ports there are; without MIDI, use {setting} none."
