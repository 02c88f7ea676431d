"""Which notes are in the player's hands, so that another player can take over from one that died. Sans-I/O.

A note enters when it is given to the player (or would be, were there one). It leaves a while after its end was
reported, not at once: a player that is killed may take a note-off with it that it has reported, but that its socket
had not sent yet. One note-off too many does no harm, one too few does.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from score_bridge.live.player.schedule import Event, Key, key_of, off_of
from score_bridge.wire.internal import Missed, Play, Played, Sounding
from score_bridge.wire.messages import Note, NoteOff

PROOF = 0.5  # seconds: a heartbeat sent this long after a note was to end proves that it has ended


@dataclass(slots=True)
class _Entry:
    note: Note
    program: int
    handed: bool  # to a player, which may have begun it
    off: NoteOff | None = None
    over: float | None = None  # when it was silenced, or reported to have ended

    @property
    def foreseen(self) -> float:
        """When it would end as the engine foresaw it when it began."""
        return self.note.time + self.note.seconds

    @property
    def ends(self) -> float:
        """When the player has to have ended it, as far as that is known."""
        if self.over is not None:
            return self.over
        return self.off.time if self.off else math.inf


class Ledger:
    """The notes a player has, as far as the bridge can know."""

    def __init__(self, *, ahead: bool = False) -> None:
        """`ahead`: notes are sent to some before they are due (OSC bundles with time tags)."""
        self.ahead = ahead
        self._entries: dict[Key, _Entry] = {}

    def __len__(self) -> int:
        """How many notes may sound or are to come."""
        return len(self._entries)

    def play(self, events: Iterable[Event], program: int, *, handed: bool) -> None:
        """Enter events that go to the player now (`handed`), or wait for the next one."""
        for event in events:
            if isinstance(event, Note):
                self._entries[key_of(event)] = _Entry(event, program, handed)
            elif key_of(event) in self._entries:
                self._entries[key_of(event)].off = event

    def played(self, played: Played) -> None:
        """Note that a note was ended."""
        entry = self._entries.get((played.stream, played.id))
        if entry and not played.on:
            entry.over = played.time

    def missed(self, missed: Missed) -> None:
        """The player has not begun a note, because it was too late: only hosts that were told ahead may play it."""
        if not self.ahead:
            self._entries.pop((missed.stream, missed.id), None)

    def end_overdue(self, now: float) -> list[NoteOff]:
        """Return note-offs for notes that have sounded as long as was foreseen, or longer, and have no end yet."""
        overdue = [e for e in self._entries.values() if e.off is None and e.over is None and e.foreseen <= now]
        for entry in overdue:
            entry.off = off_of(entry.note, now)
        return [entry.off for entry in overdue if entry.off]

    def silence(self, stream: str, now: float) -> bool:
        """The player is to silence `stream` ("" = all); returns whether it may have anything of it to end or forget.

        What it never got is dropped at once.
        """
        anything = False
        for key, entry in list(self._entries.items()):
            if stream not in ("", key[0]):
                continue
            if entry.handed:
                anything |= entry.over is None
                entry.over = now
            else:
                del self._entries[key]
        return anything

    def alive(self, time: float) -> None:
        """A heartbeat sent at `time` came: notes that were to end well before it have ended, or were never begun."""
        self._entries = {key: entry for key, entry in self._entries.items() if entry.ends + PROOF >= time}

    def resume(self, now: float) -> list[Sounding | Play]:
        """Return what a new player has to do: end what may sound, play what is still to come.

        A note whose time has passed while there was no player is not begun any more.
        """
        ending, coming = [], []
        for key, entry in list(self._entries.items()):
            if self._may_sound(entry, now):
                ending.append(entry.note)
            elif entry.note.time > now:
                entry.handed = True
                coming.append(Play(events=(entry.note, *([entry.off] if entry.off else [])), program=entry.program))
            else:
                del self._entries[key]
        return [*([Sounding(notes=tuple(ending))] if ending else []), *coming]

    def _may_sound(self, entry: _Entry, now: float) -> bool:
        begun = self.ahead or entry.note.time <= now or entry.over is not None
        return entry.handed and begun
