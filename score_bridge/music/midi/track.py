"""One track of a Standard MIDI File, read: its events, byte by byte (see `midi_reader`)."""

from typing import Final

MAX_NOTES: Final = 200_000
_NOTE_OFF, _NOTE_ON, _PROGRAM, _PRESSURE = 0x8, 0x9, 0xC, 0xD
_META, _NAME, _END, _TEMPO = 0xFF, 0x03, 0x2F, 0x51


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of one to four bytes; return it and the place after it."""
    value = 0
    for place in range(at, at + 4):
        value = value << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return value, place + 1
    raise ValueError("a number in it is longer than four bytes")


class Track:
    """One track, read: its `name`, its tempo marks (tick, microseconds a beat) and its notes.

    `spans` are (on tick, off tick, channel 1-16, pitch, velocity, program).
    """

    def __init__(self, data: bytes) -> None:
        self.name = ""
        self.tempos: list[tuple[int, int]] = []
        self.spans: list[tuple[int, int, int, int, int, int]] = []
        self._sounding: dict[tuple[int, int], tuple[int, int, int]] = {}
        self._programs = dict.fromkeys(range(1, 17), 0)
        end = self._read(data)
        for key in list(self._sounding):
            self._stop(end, *key)

    def _read(self, data: bytes) -> int:
        """Take in every event; return the last tick."""
        at = tick = status = kind = 0
        while at < len(data) and kind != _END:
            delta, at = _number(data, at)
            tick += delta
            if data[at] >= 0xF0:
                kind, at = (data[at + 1], at + 2) if data[at] == _META else (-1, at + 1)
                length, at = _number(data, at)
                self._meta(tick, kind, data[at : at + length])
                at += length
                continue
            if data[at] >= 0x80:
                status, at = data[at], at + 1
            size = 1 if status >> 4 in (_PROGRAM, _PRESSURE) else 2
            self._voice(tick, status, data[at], data[at + size - 1])
            at += size
        return tick

    def _meta(self, tick: int, kind: int, data: bytes) -> None:
        if kind == _TEMPO and len(data) == 3:
            self.tempos.append((tick, int.from_bytes(data, "big")))
        elif kind == _NAME and not self.name:
            self.name = data[:256].decode("utf-8", "replace")

    def _voice(self, tick: int, status: int, first: int, second: int) -> None:
        if not status or first > 127 or second > 127:
            raise ValueError("a message in it is damaged")
        kind, channel = status >> 4, (status & 0xF) + 1
        if kind == _PROGRAM:
            self._programs[channel] = first
        elif kind in (_NOTE_ON, _NOTE_OFF):
            self._stop(tick, channel, first)
            if kind == _NOTE_ON and second:
                self._sounding[channel, first] = (tick, second, self._programs[channel])

    def _stop(self, tick: int, channel: int, pitch: int) -> None:
        began = self._sounding.pop((channel, pitch), None)
        if began is not None and began[0] < tick:
            self.spans.append((began[0], tick, channel, pitch, *began[1:]))
            if len(self.spans) > MAX_NOTES:
                raise ValueError(f"it has over {MAX_NOTES} notes")
