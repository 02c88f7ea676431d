"""How long before it is due a step is decided: as late as its making allows, so that music answers soon. Sans-I/O.

One stream is decided within a few milliseconds; sixteen may take longer than the shipped lead on two cores, however
many pictures give way.
"""

MARGIN, SPARE_S = 1.2, 0.005
"""The lead covers what a step took times MARGIN, and SPARE_S more."""
FORGET = 0.99
"""Factor, per step, by which the longest that a step took is forgotten: by half in 70 steps, some four bars."""
MOST = 0.6
"""Share of a sixteenth that the lead is at most, so that a step is decided after the one before it has begun."""


class Lead:
    """Follows how long steps take from being asked for to the last stream's answer."""

    def __init__(self, least: float) -> None:
        """Begin with `least` seconds, which the lead is never below."""
        self._least = least
        self._longest = 0.0
        self._step = -1

    def took(self, step: int, seconds: float) -> None:
        """Take in that an answer to `step` came `seconds` after it was asked for.

        A whole second is a stall and no cost.
        """
        if step != self._step:
            self._step, self._longest = step, self._longest * FORGET
        if seconds < 1.0:
            self._longest = max(self._longest, seconds)

    def now(self, seconds_per_step: float) -> float:
        """Return the lead, in seconds."""
        wanted = self._longest * MARGIN + SPARE_S
        return max(self._least, min(wanted, MOST * seconds_per_step))
