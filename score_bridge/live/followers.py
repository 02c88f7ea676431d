"""Which transport follows what the settings name. Sans-I/O."""

from typing import Any

from score_bridge.live.clock import MusicalClock
from score_bridge.live.follower import Follower
from score_bridge.live.link_clock import LinkedClock
from score_bridge.live.midi_clock import FollowedClock
from score_bridge.settings import Settings


def follower(settings: Settings, own: MusicalClock) -> Follower[Any] | None:
    """Return the transport that follows a MIDI clock or Ableton Link; None where the server's own clock leads."""
    if settings.link:
        return LinkedClock(own)
    return FollowedClock(own) if settings.clock_in != "none" else None
