"""The bridge: the server's parent process. A thin loop between sockets and the sans-I/O cores.

Process contract: one thread, which never waits for anybody. It owns the ROUTER and the OSC socket, where hosts come
in, and a PAIR socket to each of its children, the engine (models) and the player (time). All decisions are made by
`Sessions` and `Conductor`, which get messages and the time and return actions. Pixels are handed on as the bytes they
came as; the engine decodes them. A child that exits is started again. SIGINT, SIGTERM and SIGHUP end the loop; the
player then ends every note, and no process is left.
"""

import contextlib
import logging
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import zmq
from msgspec.structs import replace

from score_bridge.errors import PeerError, ScoreBridgeError
from score_bridge.live.actions import Action, ForEngine, ForPlayer, Publish, Reply
from score_bridge.live.audience import Audience
from score_bridge.live.conductor import Conductor
from score_bridge.live.endpoints.leader import open_leader
from score_bridge.live.listeners import Listeners
from score_bridge.live.remembered import RememberedHosts, state_folder
from score_bridge.live.sessions import Sessions
from score_bridge.live.sockets import loopback
from score_bridge.live.supervision.child import Child, private_directory
from score_bridge.live.supervision.child_main import TERMINAL_SIGNALS
from score_bridge.live.supervision.priority import set_niceness
from score_bridge.live.supervision.roles import BRIDGE_NICENESS, engine_role, player_role
from score_bridge.settings import Settings
from score_bridge.wire import internal
from score_bridge.wire.messages import Reported
from score_bridge.wire.zmq_codec import Part

LOG = logging.getLogger(__name__)
ENGINE = "score_bridge.engine.process:run_engine"
TICK = 0.05  # the longest the loop waits, seconds
OVERSLEPT = 1.0  # a turn that takes so long means that the machine was suspended, seconds
ENGINE_S = 0.01  # what the engine says is taken in for so long a turn at least, though a step is to be decided
STARTS = 3  # a child that exited this often before the server was ready is not started again

Ready = dict[str, Any]


def serve(settings: Settings, engine_target: str = ENGINE, on_ready: Callable[[Ready], None] | None = None) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP. `on_ready` gets addresses and process ids once everything is warm.

    Raises SettingsError where a port is taken, and whatever keeps a child from its first start.
    """
    set_niceness(BRIDGE_NICENESS)
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(private_directory()))
        stopped = stack.enter_context(_stop_signals())
        context = zmq.Context()
        stack.callback(context.destroy)
        listeners = Listeners(settings, context)
        stack.callback(listeners.close)
        engine = Child(engine_role(engine_target), internal.FromEngine, context, directory)
        player = Child(player_role(), internal.FromPlayer, context, directory)
        bridge = Bridge(settings, listeners, engine, player)
        stack.callback(bridge.close)
        while not stopped.is_set():
            bridge.turn()
            if on_ready and bridge.ready:
                on_ready(bridge.describe())
                on_ready = None


class Bridge:
    """The loop's turns, and the two children."""

    def __init__(self, settings: Settings, listeners: Listeners, engine: Child, player: Child) -> None:
        """Serve the hosts that come to `listeners`; the children are started in the first turn."""
        self.ready = False
        now = time.perf_counter()
        self._settings = settings
        self._listeners = listeners
        self._engine = engine
        self._player = player
        self._conductor = Conductor(settings, now)
        self._sessions = Sessions(settings, self._conductor, loopback(listeners.host))
        self._remembered = RememberedHosts(state_folder(), settings.osc_port)
        self._sessions.restore(_reachable_from(listeners.host, self._remembered.read()), now)
        self._audience = Audience()
        self._midi = ""
        self._last_turn = now
        self._leader = open_leader(settings)

    def turn(self) -> None:
        """Wait for a message, a step to decide or a tick, whichever is first; then do all that is due."""
        self._supervise()
        self._wait()
        self._receive_from_engine(max(self._conductor.clock.wake, time.perf_counter() + ENGINE_S))
        self._receive_from_player()
        now = time.perf_counter()
        self._conductor.worker.watch(self._engine.watchdog.silent(now))
        self._follow(now)
        self._act(self._sessions.due(now))
        self._remembered.renew(now)
        for peer, message, payload in self._listeners.hear(until=self._conductor.clock.wake):
            now = time.perf_counter()
            if isinstance(message, PeerError):
                self._act(self._sessions.refuse(peer, message, now))
            else:
                self._act(self._sessions.receive(message, payload, peer, now))
        self.ready = self.ready or bool(self._conductor.worker.engine and self._conductor.player_up)

    def describe(self) -> Ready:
        """Return where everything is."""
        engine = self._conductor.worker.engine
        return {
            "ready": True,
            "zmq": self._listeners.zmq.address,
            "pub": self._sessions.pub,
            "osc": self._listeners.osc.address,
            "pid": os.getpid(),
            "engine_pid": self._engine.pid,
            "player_pid": self._player.pid,
            "midi": self._midi,
            "weights": engine.weights if engine else "",
            "device": engine.device if engine else "",
        }

    def close(self) -> None:
        """End the children; the player ends every note first."""
        if self._leader is not None:
            self._leader.close()
        self._player.end(seconds=2.0)
        self._engine.end(seconds=3.0)

    def _wait(self) -> None:
        poller = zmq.Poller()
        clock = self._leader.source if self._leader else None
        for source in (*self._listeners.sources, self._engine.pair, self._player.pair, clock):
            if source is not None:
                poller.register(source, zmq.POLLIN)
        wake = min(self._conductor.clock.wake, self._listeners.wake)
        left = max(0.0, min(TICK, wake - time.perf_counter()))
        poller.poll(math.ceil(left * 1000))

    def _follow(self, now: float) -> None:
        """Follow another program's clock, where there is one."""
        if self._leader is None:
            return
        for heard in self._leader.events(now):
            if (tempo := self._conductor.follow(heard)) is not None:
                self._leader.tell(tempo)

    def _act(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Reply():
                    self._listeners.reply(action.peer, action.message)
                case ForEngine():
                    self._engine.send(action.message, action.payload)
                case ForPlayer():
                    if isinstance(action.message, internal.OscPeers):
                        self._audience.hosts = action.message.peers
                        self._remembered.note(action.message.peers)
                    self._player.send(action.message)
                case Publish():
                    self._publish(action.messages)

    def _publish(self, messages: tuple[Reported, ...]) -> None:
        """Send readings to hosts on OSC here; to subscribers the player does, between notes."""
        for message in messages:
            self._listeners.osc.tell(message, self._audience.hosts_for(message))
        if subscribed := self._audience.subscribed(messages):
            self._player.send(internal.Publish(messages=subscribed))

    def _receive_from_engine(self, until: float = math.inf) -> None:
        """Take in what it has said, or some of it: to tell many hosts of many pictures takes longer than a step."""
        for message, payload in self._engine.receive():
            self._take_from_engine(message, payload, time.perf_counter())
            if time.perf_counter() >= until:
                return

    def _take_from_engine(self, message: internal.FromEngine, payload: Part, now: float) -> None:
        match message:
            case internal.EngineReady():
                self._engine.ready(now)
                self._act(self._conductor.engine_ready(message, now))
            case internal.Observed():
                self._act(self._sessions.observed(message, now))
            case internal.Stepped():
                self._engine.watchdog.note_work()
                self._act(self._conductor.stepped(message, now))
            case internal.Annotations():
                self._act(self._conductor.publish_annotations(message))
            case internal.EngineReply():
                self._act(self._sessions.answered(message, now))
            case internal.StreamWarning():
                self._act(self._sessions.pass_warning(message, now))
            case internal.Snapshot():
                self._conductor.snapshot(message, payload)
            case internal.Forgotten():
                self._act(self._conductor.forgotten(message.stream, now))
            case internal.Alive() if not self._conductor.worker.owes:  # it did all that was asked of it
                self._engine.watchdog.note_work()

    def _receive_from_player(self) -> None:
        for message, _ in self._player.receive():
            now = time.perf_counter()
            match message:
                case internal.PlayerReady():
                    self._player.ready(now)
                    self._midi = message.midi
                    port = int(message.pub.rpartition(":")[2])  # subscribers find the next player there, too
                    self._settings = replace(self._settings, pub_port=port)
                    self._act(self._sessions.player_ready(message, now))
                case internal.Played():
                    self._conductor.played(message)
                case internal.Subscriptions():
                    self._audience.topics = message.topics
                case internal.Missed():
                    self._conductor.missed(message)
                case internal.Alive():
                    self._player.watchdog.note_work()
                    self._conductor.player_alive(message)

    def _supervise(self) -> None:
        now = time.perf_counter()
        gap, self._last_turn = now - self._last_turn, now
        for child in (self._engine, self._player):
            if gap > OVERSLEPT:
                child.watchdog.excuse(gap, now)
            if child.has_exited(now):
                self._on_exit(child, now)
        if self._engine.watchdog.start_due(now):
            self._engine.start(now, self._settings)
        if self._player.watchdog.start_due(now):
            self._player.start(now, self._settings, self._listeners.osc.socket)

    def _on_exit(self, child: Child, now: float) -> None:
        if child is self._engine:
            self._receive_from_engine()
            self._act(self._sessions.engine_lost(now))
        else:
            self._receive_from_player()
            self._conductor.player_lost()
            self._audience.topics = ()
        error = child.reap(now)
        if not self.ready and (type(error) is not ScoreBridgeError or child.watchdog.deaths >= STARTS):
            raise error


def _reachable_from(host: str, listening: tuple[internal.Listener, ...]) -> tuple[internal.Listener, ...]:
    """A server that listens on this machine alone sends to this machine alone."""
    own = loopback(host)
    return tuple(one for one in listening if host != own or one.host == own)


@contextlib.contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """Turn the signals that end a program into an event, where this thread is the one that gets them."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return
    signals = (*TERMINAL_SIGNALS, signal.SIGTERM)
    before = [signal.signal(one, lambda *_: stopped.set()) for one in signals]
    try:
        yield stopped
    finally:
        for one, handler in zip(signals, before, strict=True):
            signal.signal(one, handler)
