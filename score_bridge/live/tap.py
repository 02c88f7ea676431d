"""Tempo from taps. Sans-I/O: time is an argument."""

from collections import deque

from score_bridge.wire.messages import FASTEST_BPM, SLOWEST_BPM

KEPT = 9
"""Taps whose gaps are averaged: two bars."""
UNLIKE = 1.5
"""A gap that is so many times as long as the mean before, or as short, begins a new tempo."""


class TapTempo:
    """The taps of the tempo that is being tapped."""

    def __init__(self) -> None:
        """Begin without a tap."""
        self._taps: deque[float] = deque(maxlen=KEPT)

    def take(self, now: float) -> float | None:
        """Take a tap in; return the tempo in beats per minute, or None where there is none yet.

        Taps further apart than the slowest tempo has them, or closer than the fastest, begin anew.
        """
        taps = self._taps
        if taps and not 60 / FASTEST_BPM <= now - taps[-1] <= 60 / SLOWEST_BPM:
            taps.clear()
        if len(taps) > 1:
            mean = (taps[-1] - taps[0]) / (len(taps) - 1)
            if not mean / UNLIKE < now - taps[-1] < mean * UNLIKE:
                last = taps[-1]
                taps.clear()
                taps.append(last)
        taps.append(now)
        return 60 * (len(taps) - 1) / (now - taps[0]) if len(taps) > 1 else None
