"""Which transport the settings ask for. Sans-I/O."""

from typing import Any

from score_bridge.live.beat_clock import BeatClock
from score_bridge.live.clock import MusicalClock
from score_bridge.live.follower import Follower
from score_bridge.live.link_clock import LinkedClock
from score_bridge.live.midi_clock import FollowedClock
from score_bridge.settings import Settings


def follower(settings: Settings, own: MusicalClock) -> Follower[Any]:
    """Return the transport that follows Ableton Link, a MIDI clock, or a host that says its beat."""
    if settings.link:
        return LinkedClock(own)
    return FollowedClock(own) if settings.clock_in != "none" else BeatClock(own)
