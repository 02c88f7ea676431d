"""A real Ableton Link session: `python -m tests.live.link_session`, in a network of its own: Link leaves loopback.

A program is there first, at 97 beats per minute; a server comes at 140. Prints as JSON the tempos that each was heard
to have and, from 2 s after each change on, by how many milliseconds notes miss that program's place in the bar.
"""

import json
import sys
import time
from itertools import pairwise

from score_bridge.live.endpoints.ableton_link import AbletonLink
from score_bridge.live.link_clock import LinkState
from score_bridge.wire.messages import Note, Status, Tempo
from tests.live.player.test_midi_out import wait_for
from tests.live.rig import Host, playing

NOTES = 24
SETTLED_S = 2.0


class Program:
    """Another program of the session."""

    def __init__(self, tempo: float) -> None:
        self.link = AbletonLink(tempo)
        begun = time.perf_counter()
        wait_for(lambda: self.look().time > begun + 1)  # it has joined, and is older than who comes now

    def look(self) -> LinkState:
        return next(self.link.events(time.perf_counter()))

    def has(self, tempo: float) -> bool:
        return abs(self.look().tempo - tempo) < 0.01

    def off(self, note: Note) -> float:
        """By how many milliseconds a note misses the place that its step has in this program's bar."""
        look = self.look()
        place = (look.beat + (note.time - look.time) * look.tempo / 60) * 4
        return ((place - note.step + 8) % 16 - 8) * 15_000 / look.tempo


def off(host: Host, other: Program) -> list[float]:
    settled = time.perf_counter() + SETTLED_S
    host.until(lambda m: isinstance(m, Note) and m.time > settled)
    return [other.off(note) for note in host.notes(NOTES)]


def hear(host: Host, tempo: float) -> float:
    """Hear the server say that it plays at this tempo."""
    status = host.until(lambda m: isinstance(m, Status) and abs(m.tempo - tempo) < 0.01)
    return float(status.tempo)


def main() -> None:
    other = Program(97.0)
    with playing(link=True, tempo=140.0) as host:
        host.show()
        wait_for(lambda: other.look().peers == 1)
        said = {"joined": [hear(host, 97.0), other.look().tempo], "off_joined": off(host, other)}
        other.link.tell(128.0)
        said |= {"followed": [hear(host, 128.0), other.look().tempo], "off_followed": off(host, other)}
        host.send(Tempo(bpm=111.0))
        wait_for(lambda: other.has(111.0))
        said |= {"told": [hear(host, 111.0), other.look().tempo], "off_told": off(host, other)}
        other.link.close()
        alone = host.notes(NOTES)
        said |= {
            "alone_steps": [b.step - a.step for a, b in pairwise(alone)],
            "alone_gaps": [b.time - a.time for a, b in pairwise(alone)],
        }
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
