"""How much of its time the engine gives to pictures, so that steps are decided in time. Sans-I/O.

Where steps take long, pictures give way: first their contents, which cost most and change least,
then the rest, each down to a floor; where steps are quick, pictures get more of it again.
"""

from dataclasses import dataclass

LONG, LONG_S = 0.5, 0.01
"""A step is long if it takes more than this share of the shortest lead, and more than so many seconds."""
LESS, MORE = 0.7, 0.03
"""Factor of the share after a long step, and what is added to it after another."""
LEAST_PICTURES, LEAST_CONTENTS = 0.1, 0.2
"""Floors: on two cores 16 streams then keep 10 pictures a second each, and one content."""


@dataclass(frozen=True)
class Pace:
    """Shares of a thread's time, 0..1, that pictures and their contents may take."""

    share: float = 1.0

    def decided(self, took: float, lead: float) -> "Pace":
        """Take in that a step was decided `took` seconds after it was asked for; `lead`: the shortest, in seconds."""
        long = took > max(LONG * lead, LONG_S)
        return Pace(max(self.share * LESS, LEAST_CONTENTS) if long else min(self.share + MORE, 1.0))

    @property
    def pictures(self) -> float:
        """The share for decoding and reading pictures."""
        return max(min(2 * self.share, 1.0), LEAST_PICTURES)

    @property
    def contents(self) -> float:
        """The share for encoding contents."""
        return self.share


def rest_after(seconds: float, share: float) -> float:
    """How long to rest after a job of so many seconds, so that jobs take `share` of the time."""
    return seconds * (1 / share - 1)
