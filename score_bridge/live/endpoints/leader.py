"""Where another program's clock comes in, which the server follows."""

import socket
from collections.abc import Iterator
from typing import Protocol

from score_bridge.live.endpoints.ableton_link import AbletonLink
from score_bridge.live.endpoints.midi_clock_in import MidiClockIn
from score_bridge.live.link_clock import LinkState
from score_bridge.live.midi_clock import ClockEvent
from score_bridge.settings import Settings


class Leader(Protocol):
    """A clock of other programs, as the bridge's loop hears it."""

    @property
    def source(self) -> socket.socket | None:
        """What is readable when something has come; None where it can be asked at any time."""

    def events(self, now: float) -> Iterator[ClockEvent | LinkState]:
        """Yield what it says, oldest first."""

    def tell(self, tempo: float) -> None:
        """Let it go on at `tempo`, where that can be asked of it."""

    def close(self) -> None:
        """Let go of it."""


def open_leader(settings: Settings) -> Leader | None:
    """Return the clock that the settings name, if any. Raises DeviceError where it is not to be had."""
    if settings.link:
        return AbletonLink(settings.tempo)
    return MidiClockIn(settings.clock_in) if settings.clock_in != "none" else None
