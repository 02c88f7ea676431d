"""Notes made audible on this machine: the program fluidsynth as a process of its own, told by its standard input.

Whatever becomes of the program that holds it, its input ends with that, and fluidsynth with its input.
"""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from score_bridge.errors import DeviceError
from score_bridge.wire.messages import Note, NoteOff

PROGRAM = "fluidsynth"
STARTS_S, ENDS_S = 1.0, 3.0
"""Seconds in which it says that it cannot play, and in which it is to end."""
GAIN = "0.7"


class Synthesizer:
    """A running fluidsynth. Notes go to it as they come; one that has ended stays silent and says so by `failed`."""

    def __init__(self, soundfont: Path, *options: str, programs: Mapping[int, int] | None = None) -> None:
        """Start it with a soundfont (.sf2), and with these General MIDI programs 0..127 on their channels 1..16.

        options: further ones for its command line. Raises DeviceError where it is not installed or has no sound card.
        """
        found = shutil.which(PROGRAM)
        if found is None:
            raise DeviceError(f"no sound: the program {PROGRAM} is not installed (apt or brew install it)")
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the process)
        self._process = subprocess.Popen(
            [found, "-q", "-n", "-g", GAIN, *options, str(soundfont)],
            stdin=subprocess.PIPE, stdout=self._said, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._sounding: set[tuple[int, int]] = set()
        self.failed = False
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STARTS_S)
            why = self._last_words()
            self._input.close()
            self._said.close()
            raise DeviceError(f"no sound: {PROGRAM} cannot play here ({why})")
        for channel, program in (programs or {}).items():
            self._tell(f"prog {channel - 1} {program}")

    def play(self, message: Note | NoteOff) -> None:
        """Begin or end a note now."""
        key = (message.channel - 1, message.pitch)
        if isinstance(message, Note):
            self._sounding.add(key)
            self._tell(f"noteon {key[0]} {key[1]} {message.velocity}")
        else:
            self._sounding.discard(key)
            self._tell(f"noteoff {key[0]} {key[1]}")

    def close(self) -> None:
        """End every note and the process."""
        for channel, pitch in sorted(self._sounding):
            self._tell(f"noteoff {channel} {pitch}")
        self._tell("quit")
        with contextlib.suppress(OSError):
            self._input.close()
        try:
            self._process.wait(ENDS_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()

    def __enter__(self) -> "Synthesizer":
        """Close at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    @property
    def _input(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _tell(self, command: str) -> None:
        try:
            self._input.write(f"{command}\n".encode())
            self._input.flush()
        except (OSError, ValueError):
            self.failed = True

    def _last_words(self) -> str:
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it says nothing")
