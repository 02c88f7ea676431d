"""The player: sends every event at its time, and ends every note it began. Runs as a process of its own.

Process contract: one thread. It owns the publishing socket, the MIDI port and a duplicate of the bridge's OSC socket,
so that notes come from the port hosts send to (a connected UDP client takes them from nowhere else); it reads nothing
from that one. It takes orders from one PAIR socket and readings from another, orders first. It imports neither torch
nor numpy, and freezes its garbage collector. At `shutdown`, at SIGTERM, or when the bridge has exited it ends
what sounds and exits. While the bridge says nothing (it is stopped, or has no core), a note ends when it has sounded
for as long as was foreseen.
"""

import contextlib
import gc
import logging
import math
import multiprocessing
import signal
import socket
import time
from types import FrameType

import zmq

from score_bridge.errors import DeviceError
from score_bridge.live.player.midi_out import MidiOut, NoMidi, open_midi
from score_bridge.live.player.midi_sink import MidiSink
from score_bridge.live.player.pulses import PulseQueue
from score_bridge.live.player.schedule import Cue, Schedule, off_of
from score_bridge.live.player.sinks import OscSink, PubSink, Sink
from score_bridge.live.sockets import reachable, resolve
from score_bridge.live.supervision.priority import be_prompt
from score_bridge.settings import Settings
from score_bridge.wire import internal
from score_bridge.wire.messages import Note, NoteOff
from score_bridge.wire.zmq_codec import Decoder, encode

LOG = logging.getLogger(__name__)
Socket = zmq.Socket[bytes]
BEAT = 0.25  # seconds between heartbeats, and between looks at the bridge
LOOK = 1.0  # seconds between looks for the MIDI device
BURST = 256  # orders taken before the heart has to beat again
SILENT = (
    1.5  # seconds without a word of the bridge, which publishes statuses every second, until it is not counted on
)
COARSE = 0.001  # zmq polls in milliseconds; the last one is slept, seconds


def run_player(address: str, readings_address: str, settings: Settings, udp: socket.socket) -> None:
    """Play until `shutdown`. The addresses are the bridge's PAIR sockets; OSC goes out by `udp`.

    Raises SettingsError where the PUB port is taken. Without the MIDI port it logs why and goes on.
    """
    context = zmq.Context()
    pair, readings = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    try:
        pub = PubSink(context, resolve(settings.host), settings.pub_port)
        pair.setsockopt(zmq.LINGER, 0)
        pair.connect(address)
        readings.connect(readings_address)
        midi, state = _open_midi(settings.midi_port)
        osc = OscSink(udp)
        player = Player(pair, readings, (MidiSink(midi), osc, pub), late=settings.late_ms / 1000)
        player.report(internal.PlayerReady(pub=reachable(pub.address), midi=state))
        player.run()
        midi.close()
    finally:
        context.destroy(linger=None)


def _open_midi(name: str) -> tuple[MidiOut, str]:
    try:
        midi = open_midi(name)
        return midi, midi.name
    except DeviceError as error:
        LOG.warning("%s", error)
        return NoMidi(), f"none: {error}"


class Player:
    """The loop: wait until the next event is due or a message comes, no longer."""

    def __init__(
        self, pair: Socket, readings: Socket, outputs: tuple[MidiSink, OscSink, PubSink], late: float
    ) -> None:
        """Take orders from `pair` and readings from `readings`; wake up when somebody subscribes.

        late: how many seconds after its time a note may still begin.
        """
        self._pair = pair
        self._readings = readings
        self._poller = zmq.Poller()
        self._poller.register(pair, zmq.POLLIN)
        self._poller.register(readings, zmq.POLLIN)
        self._sinks: tuple[Sink, ...] = outputs
        self._midi, self._osc, self._pub = outputs
        self._poller.register(self._pub.source, zmq.POLLIN)
        self._schedule = Schedule(late)
        self._announced = Schedule(late)  # what was sent to OSC hosts ahead of time
        self._pulses = PulseQueue()
        self._decoder: Decoder[internal.ToPlayer] = Decoder(internal.ToPlayer)
        self._running = True
        self._next_beat = 0.0
        self._next_look = 0.0
        self._heard = time.perf_counter()

    def run(self) -> None:
        """Play until `shutdown`, then end what sounds."""
        signal.signal(signal.SIGTERM, self._stop)
        be_prompt()
        gc.collect()
        gc.freeze()
        while self._running:
            self._wait()
            self._play_due()
            for _ in range(BURST):
                if not (self._running and (self._take(self._pair) or self._take(self._readings))):
                    break
                self._play_due()  # a flood of orders does not make notes late
            now = time.perf_counter()
            self._tend_subscribers(now)
            self._end_unattended(now)
            self._beat(now)
        self._silence("")
        self._midi.straighten()
        self._midi.stop_clock(self._pulses)

    def report(self, message: internal.FromPlayer) -> None:
        """Report to the bridge, if it listens."""
        with contextlib.suppress(zmq.Again):
            self._pair.send_multipart(encode(message), zmq.NOBLOCK)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._running = False

    def _wait(self) -> None:
        """Poll while it is long, then sleep to the point."""
        left = self._left()
        if not self._poller.poll(max(0, int((left - COARSE) * 1000))):
            left = self._left()
            if 0 < left <= 2 * COARSE:
                time.sleep(left)

    def _left(self) -> float:
        return min(self._left_until_event(), self._next_beat - time.perf_counter())

    def _left_until_event(self) -> float:
        return min(self._schedule.wake or math.inf, self._pulses.wake) - time.perf_counter()

    def _play_due(self) -> None:
        for kind in self._pulses.due(time.perf_counter()):
            self._midi.out.clock(kind)
        for cue in self._schedule.due(time.perf_counter()):
            self._play(cue, cue.event.time)

    def _play(self, cue: Cue, due: float) -> None:
        if cue.missed:
            self.report(internal.Missed(stream=cue.event.stream, id=cue.event.id))
            return
        for sink in self._sinks:
            sink.play(cue)
        now = time.perf_counter()
        event = cue.event
        on, lateness = isinstance(event, Note), max(0.0, now - due)
        self.report(internal.Played(stream=event.stream, id=event.id, on=on, time=now, lateness=lateness))

    def _take(self, orders: zmq.Socket[bytes]) -> bool:
        """Take and carry out one message, if there is one."""
        try:
            parts = orders.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return False
        self._heard = time.perf_counter()
        self._obey(self._decoder.decode(parts)[0])
        return True

    def _obey(self, message: internal.ToPlayer) -> None:
        match message:
            case internal.Play():
                self._add(message)
            case internal.Publish():
                self._publish(message)
            case internal.MidiExpression():
                self._midi.express(message)
            case internal.OscPeers():
                self._osc.peers = message.peers
            case internal.Silence():
                self._silence(message.stream)
                if message.panic:
                    self._midi.panic()
            case internal.Sounding():
                self._end(message.notes)
            case internal.Pulses() | internal.PulsesEnd():
                self._keep_time(message)
            case internal.Shutdown():
                self._running = False

    def _publish(self, message: internal.Publish) -> None:
        for reading in message.messages:
            self._pub.publish(reading)
            self._play_due()

    def _keep_time(self, message: internal.Pulses | internal.PulsesEnd) -> None:
        if isinstance(message, internal.Pulses):
            self._pulses.take(message.times, begins=message.begins)
        else:
            self._midi.stop_clock(self._pulses)

    def _add(self, play: internal.Play) -> None:
        for event in play.events:
            self._schedule.add(event, play.program)
            if self._osc.ahead or isinstance(event, NoteOff):  # what was announced ends, whoever wants it by then
                self._announced.add(event)
        now = time.perf_counter()
        for cue in self._announced.due(now, ahead=math.inf):
            if not cue.missed:
                self._osc.announce(cue.event, now)

    def _silence(self, stream: str) -> None:
        now = time.perf_counter()
        for off in self._schedule.silence(stream, now):
            self._play(Cue(off), due=now)
        for off in self._announced.silence(stream, now):
            self._osc.announce(off, now)

    def _end(self, notes: tuple[Note, ...]) -> None:
        now = time.perf_counter()
        for note in notes:
            for sink in self._sinks:
                sink.end(note, off_of(note, now))
            self.report(internal.Played(stream=note.stream, id=note.id, on=False, time=now, lateness=0.0))

    def _end_unattended(self, now: float) -> None:
        """End what has sounded for as long as was foreseen, while nobody can say whether it goes on."""
        if now - self._heard > SILENT and (overdue := self._schedule.overdue(now)):
            self._add(internal.Play(events=tuple(off_of(note, now) for note in overdue)))

    def _tend_subscribers(self, now: float) -> None:
        before, topics = self._pub.source, self._pub.topics
        self._pub.tend(now)
        if self._pub.topics != topics:
            self.report(internal.Subscriptions(topics=self._pub.topics))
        if before is not self._pub.source:
            if before is not None:
                self._poller.unregister(before)
            if self._pub.source is not None:
                self._poller.register(self._pub.source, zmq.POLLIN)

    def _beat(self, now: float) -> None:
        if now < self._next_beat:
            return
        self._next_beat = now + BEAT
        if now >= self._next_look and self._left_until_event() > COARSE * 5:  # a note that is due soon goes first
            self._next_look = now + LOOK
            self._midi.tend()
        self.report(internal.Alive(time=now))
        bridge = multiprocessing.parent_process()
        if bridge is not None and not bridge.is_alive():
            LOG.warning("the bridge has exited: ending all notes")
            self._running = False
