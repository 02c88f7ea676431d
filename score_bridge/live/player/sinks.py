"""The player's ways out: hosts on OSC (UDP) and subscribers (PUB). Each sends and never waits.

A subscriber whose publisher died takes a moment to come back to the next one, and what is published meanwhile never
reaches it. So note-offs for what the last player left sounding are sent again whenever a subscription to notes comes
within `REJOIN` seconds; the socket is an XPUB, which reports subscriptions.
"""

import contextlib
import logging
import socket
import time
from collections.abc import Callable
from typing import Protocol

import zmq
from msgspec.structs import replace

from score_bridge.errors import SettingsError
from score_bridge.live.player.schedule import REMEMBERED, Cue, Event, Key, key_of
from score_bridge.live.sockets import bind_zmq
from score_bridge.wire.internal import Listener
from score_bridge.wire.messages import TOPICS, Note, NoteOff, Reported
from score_bridge.wire.osc.codec import encode_osc
from score_bridge.wire.zmq_codec import encode_published

LOG = logging.getLogger(__name__)
Address = tuple[str, int]
REJOIN = 20.0
SUBSCRIBED = b"\x01"
SUBSCRIPTIONS_A_TURN = 256
MOST_SUBSCRIPTIONS = 20_000
MOST_NAMED = 256  # addresses that cannot be reached, in the log


class Sink(Protocol):
    """Somewhere notes go. Whoever does not keep up loses messages."""

    def play(self, cue: Cue) -> None:
        """Send an event that is due now."""

    def end(self, note: Note, off: NoteOff) -> None:
        """End a note that a player before this one began."""


class OscSink:
    """Hosts on OSC, told of what each asked for: notes when they are due, or ahead in bundles with a time tag.

    Who changes its mind between the two hears of a note once all the same: when it is due, unless it was told before.
    """

    def __init__(self, udp: socket.socket) -> None:
        """Send from this socket."""
        self.peers: tuple[Listener, ...] = ()
        self._udp = udp
        self._begun: dict[tuple[Key, bool], tuple[Address, ...]] = {}  # who was told that a note began, ahead or not
        self._early: dict[tuple[Key, float], tuple[Address, ...]] = {}  # who was told of a note that is yet to begin
        self._logged: set[Address] = set()

    @property
    def ahead(self) -> bool:
        """Whether there is anybody who wants notes ahead, or has still to hear the end of one."""
        return any(peer.ahead for peer in self.peers) or any(ahead for _, ahead in self._begun)

    def play(self, cue: Cue) -> None:
        """Send an event that is due now to those who did not get it ahead."""
        event = cue.event
        told = self._early.pop((key_of(event), event.time), ())
        to = tuple(one for one in self._who_wants(event) if one not in told)
        self._tell(event, lambda: encode_osc(event), to, ahead=False)

    def announce(self, event: Event, now: float) -> None:
        """Send an event before it is due: the bundle's tag and `delay_ms` give its time."""
        delay = max(0.0, event.time - now)
        early = replace(event, delay_ms=delay * 1000)
        to = self._who_wants(event, ahead_alone=True)
        if to and isinstance(event, Note):
            self._early[key_of(event), event.time] = to
            if len(self._early) > REMEMBERED:  # of notes that were silenced before they began
                del self._early[next(iter(self._early))]
        self._tell(event, lambda: encode_osc(early, at=time.time() + delay), to, ahead=True)

    def end(self, note: Note, off: NoteOff) -> None:  # noqa: ARG002
        """End a note."""
        self._send(encode_osc(off), tuple(_address(peer) for peer in self.peers if peer.hears(off.stream)))

    def _who_wants(self, event: Event, *, ahead_alone: bool = False) -> tuple[Address, ...]:
        return tuple(_address(p) for p in self.peers if p.hears(event.stream) and (p.ahead or not ahead_alone))

    def _tell(self, event: Event, datagram: Callable[[], bytes], to: tuple[Address, ...], *, ahead: bool) -> None:
        """Tell these of a note, and of its end those who were told of it."""
        key = (key_of(event), ahead)
        if isinstance(event, Note):
            if to:
                self._begun[key] = to
        else:
            to = self._begun.pop(key, ())
        if to:
            self._send(datagram(), to)

    def _send(self, datagram: bytes, to: tuple[Address, ...]) -> None:
        for peer in to:
            try:
                self._udp.sendto(datagram, peer)
            except OSError as error:  # no receiver, no route, a full buffer: UDP promises nothing
                if peer not in self._logged and len(self._logged) < MOST_NAMED:
                    LOG.warning("OSC to %s port %d fails: %s", *peer, error)
                    self._logged.add(peer)


def _address(peer: Listener) -> Address:
    return peer.host, peer.port


class PubSink:
    """Subscribers. Where they subscribe to more than they can mean, all have to connect again."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", host: str, port: int) -> None:
        """Publish at a port. Raises SettingsError where it is taken."""
        self._context, self._host = context, host
        self._inherited: list[NoteOff] = []
        self._subscriptions = 0  # how many were read; the socket keeps each until its subscriber goes
        self.topics: tuple[str, ...] = ()
        """The beginnings of topics that anybody subscribes to."""
        self.source: zmq.Socket[bytes] | None = None
        """What to wait on for subscriptions; None while it cannot be opened again."""
        self.address = self._open(port)

    def play(self, cue: Cue) -> None:
        """Send an event that is due now."""
        self._send(cue.event)

    def end(self, note: Note, off: NoteOff) -> None:  # noqa: ARG002
        """End a note; its note-off is sent again to those who subscribe in the next `REJOIN` seconds."""
        self._inherited.append(off)
        self._send(off)

    def publish(self, message: Reported) -> None:
        """Pass a reading on."""
        self._send(message)

    def tend(self, now: float) -> None:
        """Read subscriptions, and send the note-offs that returning subscribers have missed."""
        if self.source is None:  # what was closed holds the port for a moment
            with contextlib.suppress(SettingsError):
                self._open(int(self.address.rpartition(":")[2]))
        joined = self._read_subscriptions()
        self._inherited = [off for off in self._inherited if now < off.time + REJOIN]
        for off in self._inherited if joined else ():
            self._send(off)
        if self._subscriptions > MOST_SUBSCRIPTIONS and self.source is not None:
            LOG.warning("more than %d subscriptions: all subscribers have to connect again", MOST_SUBSCRIPTIONS)
            self.source.close(linger=0)
            self.source = None

    def _read_subscriptions(self) -> bool:
        """Return whether somebody has subscribed to notes."""
        joined = False
        if self.source is None:
            return False
        with contextlib.suppress(zmq.Again):
            for _ in range(SUBSCRIPTIONS_A_TURN):
                word = self.source.recv(zmq.NOBLOCK)
                begins = word[:1] == SUBSCRIBED
                self._subscriptions += begins
                self._note(word[1:], begins=begins)
                joined |= begins and TOPICS[NoteOff].startswith(word[1:])
        return joined

    def _note(self, topic: bytes, *, begins: bool) -> None:
        """Keep which topics are subscribed to; what is the beginning of none does not count."""
        if any(known.startswith(topic) for known in TOPICS.values()):
            topics = {*self.topics, topic.decode()} if begins else {*self.topics} - {topic.decode()}
            self.topics = tuple(sorted(topics))

    def _open(self, port: int) -> str:
        pub = self._context.socket(zmq.XPUB)
        pub.setsockopt(zmq.XPUB_VERBOSE, 1)
        try:
            address = bind_zmq(pub, self._host, port, "pub_port")
        except SettingsError:
            pub.close(linger=0)
            raise
        self.source, self._subscriptions, self.topics = pub, 0, ()
        return address

    def _send(self, message: Reported | Event) -> None:
        if self.source is not None:
            self.source.send_multipart(encode_published(message), zmq.NOBLOCK)
