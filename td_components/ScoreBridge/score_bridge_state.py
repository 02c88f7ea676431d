"""What the server has said so far: held notes, readings, labels, status. Pure: no sockets, no clock, no threads."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from score_bridge_voices import VOICES

PROTOCOL = 1
SILENT = ("stopped", "idle", "waiting")
MAX_LINKS = 16
EXPRESSION, ATTRIBUTE = "/score/expression/", "/score/attribute/"


class Note(NamedTuple):
    """A note of a voice. `at` is when it is due, on the clock that `take` is given; velocity 1-127, channel 1-16."""

    id: int
    pitch: int
    velocity: int
    channel: int
    seconds: float
    at: float
    voice: str = VOICES[0]


class Event(NamedTuple):
    """Something that happened. `kind` is on, off, cut, error, answer (to anything asked) or pong."""

    kind: str
    at: float
    note: Note | None = None
    words: tuple[Any, ...] = ()


class State:
    """Everything known of one stream. `take` is told messages in the order in which they came."""

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.held: dict[int, Note] = {}
        self.readings: dict[str, float] = {}
        self.labels: dict[int, tuple[str, float]] = {}
        self.links: dict[tuple[str, str], float] = {}
        self.key: tuple[str, float] = ("", 0.0)
        self.status: tuple[Any, ...] = ()
        self.welcome: tuple[Any, ...] = ()
        self.error: tuple[str, str] = ("", "")

    def take(self, address: str, arguments: Sequence[Any], now: float) -> list[Event]:
        """Keep what a message says and return what happened. Messages for other streams are left alone.

        Raises ValueError, TypeError or IndexError for a message that is not as the protocol has it.
        """
        if address in _OWN:
            return _OWN[address](self, arguments, now)
        if not arguments or arguments[0] != self.stream:
            return []
        if address.startswith(EXPRESSION):
            return self._expression(address.removeprefix(EXPRESSION), float(arguments[1]), now)
        if address.startswith(ATTRIBUTE):
            self.readings[address.removeprefix(ATTRIBUTE)] = float(arguments[1])
            return []
        if address in _STREAM:
            return _STREAM[address](self, arguments[1:], now)
        return [Event("answer", now, words=(address, *arguments))] if address.startswith("/score/") else []

    def silence(self, now: float) -> list[Event]:
        """End every held note: the server is gone, or says that nothing sounds."""
        ended = [Event("off", now, note) for note in self.held.values()]
        self.held.clear()
        return ended

    def _note(self, arguments: Sequence[Any], now: float) -> list[Event]:
        number, pitch, velocity, channel, seconds, *more = arguments
        at = now + (float(more[0]) / 1000 if more else 0.0)
        voice = voice_name(int(more[1]) if len(more) > 1 else 0)
        note = Note(int(number), int(pitch), int(velocity), int(channel), float(seconds), at, voice)
        events = [Event("off", at, self.held[note.id])] if note.id in self.held else []
        self.held[note.id] = note
        return [*events, Event("on", at, note)]

    def _noteoff(self, arguments: Sequence[Any], now: float) -> list[Event]:
        note = self.held.pop(int(arguments[0]), None)
        delay = float(arguments[3]) / 1000 if len(arguments) > 3 else 0.0
        return [Event("off", now + delay, note)] if note else []

    def _expression(self, name: str, value: float, now: float) -> list[Event]:
        self.readings[name] = value
        return [Event(name, now)] if name in ("cut", "onset") and value > 0 else []

    def _label(self, arguments: Sequence[Any], _now: float) -> list[Event]:
        rank, name = int(arguments[0]), str(arguments[1])
        if rank == 1:  # those of the picture before are over
            self.labels.clear()
        if name:
            self.labels[rank] = (name, float(arguments[2]))
        return []

    def _key(self, arguments: Sequence[Any], _now: float) -> list[Event]:
        self.key = (str(arguments[0]), float(arguments[1]))
        return []

    def _link(self, arguments: Sequence[Any], _now: float) -> list[Event]:
        pair = (str(arguments[0]), str(arguments[1]))
        self.links.pop(pair, None)
        if float(arguments[2]) and len(self.links) < MAX_LINKS:
            self.links[pair] = float(arguments[2])
        return []

    def _status(self, arguments: Sequence[Any], now: float) -> list[Event]:
        state, tempo, frames, latency, dropped, message = arguments[:6]
        delay = float(arguments[8]) if len(arguments) > 8 else 0.0
        self.status = (str(state), float(tempo), float(frames), float(latency), int(dropped), str(message), delay)
        return self.silence(now) if state in SILENT else []

    def _welcome(self, arguments: Sequence[Any], _now: float) -> list[Event]:
        self.welcome = (int(arguments[0]), *arguments[1:])
        return []

    def _error(self, arguments: Sequence[Any], now: float) -> list[Event]:
        self.error = (str(arguments[0]), str(arguments[1]))
        return [Event("error", now, words=self.error)]

    def _pong(self, arguments: Sequence[Any], now: float) -> list[Event]:
        return [Event("pong", now, words=(int(arguments[0]),))]


def voice_name(number: int) -> str:
    """Return what a voice is called; one of a newer server by its number."""
    return VOICES[number] if 0 <= number < len(VOICES) else f"voice{number}"


_OWN = {"/score/welcome": State._welcome, "/score/error": State._error, "/score/pong": State._pong}
_STREAM = {
    "/score/note": State._note,
    "/score/noteoff": State._noteoff,
    "/score/label": State._label,
    "/score/key": State._key,
    "/score/link": State._link,
    "/score/status": State._status,
}
