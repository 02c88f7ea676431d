"""How long notes hang when the player is killed: `python -m tests.live.measure_hanging [kills]`.

No test: it judges nothing. The fake engine at 240 BPM, a listener on OSC. Seconds from each kill until every note
that sounded has been ended.
"""

import sys
import time

from score_bridge.wire.messages import Note, NoteOff
from tests.live.rig import Host, playing
from tests.live.test_bridge import child_named


class Ear:
    """What sounds at the OSC reply port."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.sounding: set[tuple[str, int]] = set()

    def hear(self) -> None:
        """Take the next event."""
        event = self._host.until_osc(lambda m: isinstance(m, Note | NoteOff))
        if isinstance(event, Note):
            self.sounding.add((event.stream, event.id))
        else:
            self.sounding.discard((event.stream, event.id))


def hang(host: Host, ear: Ear) -> float:
    """Kill the player while a note sounds; return how long that hangs."""
    while not ear.sounding:
        ear.hear()
    hanging = set(ear.sounding)
    child_named(host, "score-player").kill()
    killed = time.monotonic()
    while hanging & ear.sounding:
        ear.hear()
    return time.monotonic() - killed


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with playing(tempo=240) as host:
        ear = Ear(host)
        host.show()
        hung = sorted(hang(host, ear) for _ in range(kills))
    sys.stdout.write(f"{kills} kills: median {hung[kills // 2]:.2f}, longest {hung[-1]:.2f} s\n")


if __name__ == "__main__":
    main()
