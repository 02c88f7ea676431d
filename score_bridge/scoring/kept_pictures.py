"""Pictures kept of a film while it is read once, whose length is not known before its end. Sans-I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from score_bridge.vision.pixels import Rgb

MOST = 160
"""Pictures kept at most; half of them are dropped then, so that there are always 80 or more, evenly spread."""
CLOSEST_S = 1 / 30


@dataclass
class KeptPictures:
    """Pictures (H, W, 3) with their times in seconds, at least `apart` seconds from each other."""

    apart: float = CLOSEST_S
    kept: list[tuple[float, Rgb]] = field(default_factory=list)

    def see(self, time: float, picture: Rgb) -> None:
        """Keep a picture that is later than all before, unless it is too near to the last one kept."""
        if self.kept and time - self.kept[-1][0] < self.apart:
            return
        self.kept.append((time, picture))
        if len(self.kept) > MOST:
            self.kept, self.apart = self.kept[::2], 2 * self.apart

    def at(self, times: Sequence[float]) -> list[Rgb]:
        """Of what was kept, the pictures shown at these times; none where nothing was seen."""
        return [self._at(time) for time in times] if self.kept else []

    def _at(self, time: float) -> Rgb:
        earlier = [picture for when, picture in self.kept if when <= time]
        return earlier[-1] if earlier else self.kept[0][1]
