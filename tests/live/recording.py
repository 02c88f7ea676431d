"""Doubles that write down what they are told."""

from dataclasses import dataclass, field


@dataclass
class RecordingMidi:
    """A MIDI output whose events are asserted as a list."""

    name: str = "recording"
    came_back: bool = False
    events: list[tuple[str, int, int, int] | tuple[str, int, int]] = field(default_factory=list)

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        self.events.append(("on", channel, pitch, velocity))

    def note_off(self, channel: int, pitch: int) -> None:
        self.events.append(("off", channel, pitch))

    def program(self, channel: int, program: int) -> None:
        self.events.append(("program", channel, program))

    def control(self, channel: int, number: int, value: int) -> None:
        self.events.append(("control", channel, number, value))

    def bend(self, channel: int, amount: int) -> None:
        self.events.append(("bend", channel, amount))

    def pressure(self, channel: int, amount: int) -> None:
        self.events.append(("pressure", channel, amount))

    def clock(self, kind: str) -> None:
        self.events.append((kind, 0, 0))

    def tend(self) -> bool:
        return self.came_back

    def close(self) -> None:
        self.events.append(("close", 0, 0))
