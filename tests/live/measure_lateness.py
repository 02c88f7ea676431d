"""How late notes are: `python -m tests.live.measure_lateness [seconds] [engine target]`. No test: it judges nothing.

A host feeds 64x64 pictures at 30 fps and listens to sixteenths at 120 BPM. Two readings in milliseconds: the player's
own (its send is done - due) and a subscriber's (received - due).
"""

import sys
import time

from score_bridge.wire.messages import Frame, Note, Status
from tests.live.rig import FAKE, Host, playing

FRAME = Frame(shape=(64, 64, 3))
PIXELS = bytes(64 * 64 * 3)


def measure(host: Host, seconds: float) -> tuple[list[float], Status]:
    late, status = [], None
    next_frame, end = time.perf_counter(), time.perf_counter() + seconds
    while time.perf_counter() < end:
        if time.perf_counter() >= next_frame:
            host.send(FRAME, PIXELS)
            next_frame += 1 / 30
        if host.sub.poll(max(0, int((next_frame - time.perf_counter()) * 1000))):
            message = host.hear()
            if isinstance(message, Note):
                late.append((time.perf_counter() - message.time) * 1000)
            status = message if isinstance(message, Status) else status
    assert status is not None
    return sorted(late), status


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    with playing(sys.argv[2] if len(sys.argv) > 2 else FAKE) as host:
        late, status = measure(host, seconds)
    centile = {p: late[min(len(late) - 1, int(p / 100 * len(late)))] for p in (50, 99)}
    sys.stdout.write(
        f"{len(late)} notes; subscriber p50 {centile[50]:.2f} p99 {centile[99]:.2f} max {late[-1]:.2f} ms; "
        f"player p99 {status.lateness_p99_ms:.2f} ms; late steps {status.late_steps}, "
        f"picture latency {status.latency_ms:.2f} ms, {status.frames_per_second:.1f} fps\n"
    )


if __name__ == "__main__":
    main()
