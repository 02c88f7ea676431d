"""The player's ways out: subscribers (PUB), hosts on OSC (UDP) and MIDI.

A subscriber whose publisher died takes a moment to come back to the next one, and what is published meanwhile never
reaches it. So note-offs for what the last player left sounding are said again whenever somebody subscribes to notes
within `REJOIN` seconds; the socket is an XPUB, which tells of that.
"""

import contextlib
import logging
import socket
import time

import zmq
from msgspec.structs import replace

from score_bridge.live.player.midi_notes import MidiNotes
from score_bridge.live.player.schedule import Cue, Event
from score_bridge.wire.messages import TOPICS, Note, NoteOff, Reported
from score_bridge.wire.osc.codec import encode_osc
from score_bridge.wire.zmq_codec import encode_published

LOG = logging.getLogger(__name__)
Address = tuple[str, int]
REJOIN = 20.0
SUBSCRIBED = b"\x01"


class Outputs:
    """Sends; never waits and never fails. A subscriber or host that does not keep up loses messages."""

    def __init__(self, pub: zmq.Socket[bytes], udp: socket.socket, midi: MidiNotes, *, ahead: bool) -> None:
        """Send notes to OSC when due, or `ahead` of time in bundles with a time tag."""
        self.peers: tuple[Address, ...] = ()
        self.midi = midi
        self.ahead = ahead
        self._pub = pub
        self._udp = udp
        self._complained: set[Address] = set()
        self._inherited: list[NoteOff] = []

    def play(self, cue: Cue) -> None:
        """Send an event that is due now."""
        self.midi.play(cue)
        if not self.ahead:
            self._osc(encode_osc(cue.event))
        self._pub.send_multipart(encode_published(cue.event), zmq.NOBLOCK)

    def announce(self, event: Event, now: float) -> None:
        """Send an event to OSC before it is due: the bundle's tag and `delay_ms` say when."""
        delay = max(0.0, event.time - now)
        self._osc(encode_osc(replace(event, delay_ms=delay * 1000), at=time.time() + delay))

    def end(self, note: Note, off: NoteOff) -> None:
        """End a note that a player before this one began."""
        self._inherited.append(off)
        self.midi.end(note)
        self._osc(encode_osc(off))
        self._pub.send_multipart(encode_published(off), zmq.NOBLOCK)

    def publish(self, message: Reported) -> None:
        """Pass a reading on."""
        self._osc(encode_osc(message))
        self._pub.send_multipart(encode_published(message), zmq.NOBLOCK)

    def replay_note_offs(self, now: float) -> None:
        """Hear who subscribes, and tell those who come back what has ended meanwhile."""
        joined = False
        with contextlib.suppress(zmq.Again):
            while True:
                word = self._pub.recv(zmq.NOBLOCK)
                joined |= word[:1] == SUBSCRIBED and TOPICS[NoteOff].startswith(word[1:])
        self._inherited = [off for off in self._inherited if now < off.time + REJOIN]
        for off in self._inherited if joined else ():
            self._pub.send_multipart(encode_published(off), zmq.NOBLOCK)

    def _osc(self, datagram: bytes) -> None:
        for peer in self.peers:
            try:
                self._udp.sendto(datagram, peer)
            except OSError as error:  # nobody there, no route, no room: UDP promises nothing
                if peer not in self._complained:
                    LOG.warning("OSC to %s port %d fails: %s", *peer, error)
                    self._complained.add(peer)
