"""Where an Ableton Link session comes in, by aalink, which is not imported before it is asked for.

Threading contract: Link has threads of its own, which know nothing of us: no callback is set and no future awaited.
The bridge's loop reads the session when it likes, which takes microseconds.
"""

import importlib
import time
from collections.abc import Iterator
from typing import Any

from score_bridge.errors import DeviceError
from score_bridge.live.link_clock import QUANTUM, LinkState

BEFORE_JOINING_S = 0.5
"""Who joins at once may impose its own tempo on the session (aalink's issue 7, Link's 146)."""
LOOKS = 3
CLOSE_S = 1e-4
"""A reading that took no longer than this is exact enough; of slower ones, the quickest of `LOOKS` counts."""


class AbletonLink:
    """One program of a session. It joins with the first look that comes `BEFORE_JOINING_S` after it was made."""

    source: None = None  # the session can be read at any time

    def __init__(self, tempo: float) -> None:
        """Begin at `tempo`, in a session of our own. Raises DeviceError without aalink."""
        self._link = _make(tempo)
        self._link.quantum = QUANTUM
        self._joins = time.perf_counter() + BEFORE_JOINING_S

    def events(self, now: float) -> Iterator[LinkState]:
        """Yield what the session says."""
        if now >= self._joins and not self._link.enabled:
            self._link.enabled = True
        yield min(self._looks(), key=lambda look: look[0])[1]

    def tell(self, tempo: float) -> None:
        """Let every program of the session play on at `tempo`."""
        self._link.tempo = tempo

    def close(self) -> None:
        """Leave the session."""
        self._link.enabled = False

    def _looks(self) -> Iterator[tuple[float, LinkState]]:
        """Yield states with the seconds that reading each took: the system may have halted us in between."""
        for _ in range(LOOKS):
            before = time.perf_counter()
            beat = self._link.beat
            took = time.perf_counter() - before
            yield took, LinkState(before + took / 2, beat, self._link.tempo, self._link.num_peers)
            if took <= CLOSE_S:
                return


def _make(tempo: float) -> Any:
    """Make a `Link`. It asks for a running asyncio loop, of which only what we do not use makes use."""
    try:
        aalink = importlib.import_module("aalink")
    except ImportError as error:
        raise DeviceError(f"Ableton Link needs the package aalink ({error}): pip install aalink") from None

    async def link() -> Any:
        return aalink.Link(tempo)

    return importlib.import_module("asyncio").run(link())
