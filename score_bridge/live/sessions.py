"""The protocol's core: messages of hosts in, replies and orders out. Sans-I/O: no sockets, no clock.

Rules:
- every message is carried out, or refused with a reason; none is fatal;
- a stream begins with the first message that names it, and plays from its first picture unless it was stopped;
- pictures coalesce to the newest, everything else is carried out in order;
- a stream without pictures is silenced after its `idle_s` and plays on with the next picture.
"""

import msgspec

from score_bridge import __version__
from score_bridge.errors import PeerError
from score_bridge.live.actions import Action, ForPlayer, OscPeer, Peer, Publish
from score_bridge.live.beat_clock import HostBeat
from score_bridge.live.channels import Channels, Vector
from score_bridge.live.conductor import Conductor
from score_bridge.live.peers import Hosts
from score_bridge.live.pending import FORGOTTEN, GONE, PendingRequests
from score_bridge.live.status_reports import Statuses
from score_bridge.live.streams import Picture, Stream
from score_bridge.live.tap import TapTempo
from score_bridge.settings import Settings
from score_bridge.wire import internal, messages
from score_bridge.wire.bindings import Binding
from score_bridge.wire.controls import CONTROLS, set_control
from score_bridge.wire.faults import short
from score_bridge.wire.zmq_codec import Part

PEERS_EVERY, PEERS_AT_ONCE = 0.05, 16
"""Where notes go is told so many times at once, and then once in so many seconds: hosts may say hello in floods."""
EXPECTS = f"frame (raw, jpeg or png) or features (1 to {messages.MAX_FEATURES} numbers, always as many)"


class Sessions:
    """Every connected program and what it wants."""

    def __init__(self, settings: Settings, conductor: Conductor, loopback: str = "127.0.0.1") -> None:
        """Serve hosts on the streams of `conductor`; `loopback` is where the default reply port is."""
        port = settings.osc_reply_port
        self.pub = ""
        self._hosts = Hosts(OscPeer(loopback, port) if port else None, ahead=settings.osc_delivery == "ahead")
        self._conductor = conductor
        self._taps = TapTempo()
        self._statuses = Statuses(conductor)
        self._asks = PendingRequests()
        self._channels: dict[str, tuple[Channels, Peer]] = {}  # by stream, and who sent the newest
        self._told_peers: tuple[internal.Listener, ...] | None = None
        self._tell_next = -float("inf")
        self._untold = False  # whether they may have changed since

    def restore(self, listening: tuple[internal.Listener, ...], now: float) -> None:
        """Give notes by OSC to those who got them before a restart."""
        self._hosts.restore(listening, now)

    def receive(self, message: messages.Incoming, payload: Part, peer: Peer, now: float) -> list[Action]:
        """Carry out a host's message. Never raises."""
        self._hosts.touch(peer, now)
        try:
            if isinstance(message, messages.Frame | messages.Features):
                return self._feed(message, payload, peer, now)
            if isinstance(message, messages.Channel):
                return self._gather(message, peer, now)
            if isinstance(message, messages.Request):
                return self._ask(message, payload, peer, now)
            return self._carry_out(message, peer, now)
        except PeerError as error:
            stream = self._conductor.streams.get(getattr(message, "stream", ""))
            if stream is None:
                return self.refuse(peer, error, now, asked=isinstance(message, messages.Request))
            stream.readings.refused += 1
            return [*self._hosts.refuse(peer, error, now, asked=isinstance(message, messages.Request))]

    def refuse(self, peer: Peer, error: PeerError, now: float, *, asked: bool = False) -> list[Action]:
        """Count and answer what could not be read, or belongs to no stream."""
        self._statuses.unreadable += 1
        return [*self._hosts.refuse(peer, error, now, asked=asked)]

    def observed(self, message: internal.Observed, now: float) -> list[Action]:
        """Handle the engine's report of a picture; a refused one is answered to the host that sent it."""
        picture, actions = self._conductor.observed(message, now)
        if message.refused and picture is not None:
            actions += self._hosts.refuse(picture.peer, PeerError(message.refused_kind, message.refused), now)
        return actions

    def answered(self, message: internal.EngineReply, now: float) -> list[Action]:
        """Pass the engine's answer on to the host that asked."""
        peer = self._asks.take(message.ask)
        if peer is None:
            return []
        if message.answer is not None:
            return [*self._hosts.reply(peer, message.answer)]
        return [*self._hosts.refuse(peer, PeerError(message.refused_kind, message.refused), now, asked=True)]

    def pass_warning(self, message: internal.StreamWarning, now: float) -> list[Action]:
        """Pass the engine's warning on to the host that feeds the stream."""
        stream = self._conductor.streams.get(message.stream)
        if stream is None or stream.feeder is None:
            return []
        return [*self._hosts.refuse(stream.feeder, PeerError(message.kind, message.reason), now, asked=True)]

    def engine_lost(self, now: float) -> list[Action]:
        """End the notes that the engine left sounding, and refuse the requests it has not answered."""
        vain = [reply for peer in self._asks.lost() for reply in self._hosts.refuse(peer, GONE, now, asked=True)]
        return [*self._conductor.engine_lost(now), *vain]

    def player_ready(self, message: internal.PlayerReady, now: float) -> list[Action]:
        """Tell a fresh player where notes go, then what to end and what to play."""
        self.pub = message.pub
        self._told_peers, self._tell_next = None, -float("inf")
        self._statuses.again()
        actions = self._conductor.player_ready(now)
        return [*self._osc_peers(now), *actions]

    def due(self, now: float) -> list[Action]:
        """Ask for the steps that are due, refuse what waits in vain, silence idle streams, publish statuses."""
        actions = self._conductor.due(now)
        put_out = self._hosts.expire(now)
        actions += [*put_out, *(self._osc_peers(now) if put_out or self._untold else [])]
        for peer in self._asks.overdue(now):
            actions += self._hosts.refuse(peer, FORGOTTEN, now, asked=True)
        for name, (channels, peer) in tuple(self._channels.items()):
            if name not in self._conductor.streams:
                del self._channels[name]
                continue
            actions += self._follow(name, channels.due(now), peer, now)
        for stream in self._conductor.streams.values():
            if 0 < stream.controls.idle_s < now - stream.fed:
                actions += self._fall_silent(stream, now)
        statuses = self._statuses.due(now)
        return [*actions, Publish(statuses)] if statuses else actions

    # --- one message each ------------------------------------------------------------------------------------

    def _carry_out(self, message: messages.Incoming, peer: Peer, now: float) -> list[Action]:
        match message:
            case messages.Hello() | messages.Goodbye() | messages.Subscribe() | messages.Deliver():
                return self._introduce(message, peer, now)
            case messages.Ping():
                return [*self._hosts.reply(peer, messages.Pong(id=message.id, time=now))]
            case messages.Get() | messages.Set() | messages.Bind():
                return self._turn(message, peer, now)
            case messages.Tempo() | messages.Tap() | messages.Beat():
                return self._keep_tempo(message, peer, now)
            case messages.Panic():
                return self._conductor.panic(now)
            case messages.Start() | messages.Stop() | messages.Forget():
                return self._change_stream(message, now)
        raise PeerError("type", f"a {type(message).__name__} is not for the server")

    def _introduce(self, message: messages.ForHost, peer: Peer, now: float) -> list[Action]:
        match message:
            case messages.Hello():
                return self._hello(message, peer, now)
            case messages.Goodbye():
                return self._goodbye(peer, now)
            case messages.Deliver():
                self._hosts.want(peer, ahead=message.when == "ahead")
                return self._osc_peers(now)
            case messages.Subscribe():
                self._hosts.want(peer, kinds=message.kinds)
                return [*self._hosts.reply(peer, messages.Subscribed(kinds=message.kinds)), *self._osc_peers(now)]

    def _hello(self, message: messages.Hello, peer: Peer, now: float) -> list[Action]:
        self._hosts.hello(peer, message, now)
        engine = self._conductor.worker.engine
        welcome = messages.Welcome(
            protocol=messages.PROTOCOL,
            server=f"score_bridge {__version__}",
            weights=engine.weights if engine else "",
            latent_size=engine.latent_size if engine else 0,
            expects=EXPECTS,
            time=now,
            pub=self.pub,
            hosts=self._hosts.names(),
        )
        actions: list[Action] = [*self._hosts.reply(peer, welcome), *self._osc_peers(now)]
        if message.protocol != messages.PROTOCOL:
            reason = f"this server speaks protocol {messages.PROTOCOL}, {message.name} speaks {message.protocol}"
            actions += self._hosts.refuse(peer, PeerError("protocol", reason), now)
        return actions

    def _goodbye(self, peer: Peer, now: float) -> list[Action]:
        self._channels = {name: one for name, one in self._channels.items() if one[1] != peer}
        fed = [stream for stream in self._conductor.streams.values() if stream.feeder == peer]
        actions = [action for stream in fed for action in self._fall_silent(stream, now)]
        self._hosts.goodbye(peer)
        return [*actions, *self._osc_peers(now)]

    def _ask(self, request: messages.Request, payload: Part, peer: Peer, now: float) -> list[Action]:
        number = self._asks.put(peer, now)
        try:
            asked = internal.EngineRequest(ask=number, source=request, time=now)
            actions = self._conductor.pass_request(asked, payload)
            if isinstance(request, messages.Calibrate) and request.action == "reset":
                self._conductor.streams[request.stream].length = None
                self._channels.pop(request.stream, None)
            return actions
        except PeerError:
            self._asks.take(number)
            raise

    def _feed(
        self, source: messages.Frame | messages.Features, payload: Part, peer: Peer, now: float
    ) -> list[Action]:
        actions: list[Action] = []
        if isinstance(source, messages.Features):
            actions = self._check_length(source, now)
        stream, dropped = self._conductor.open(source.stream, now)
        if isinstance(source, messages.Features):
            stream.length = len(source.values)
        stream.fed, stream.idle, stream.feeder = now, False, peer
        stream.readings.frames += 1
        told = self._osc_peers(now) if self._hosts.feeds(peer, stream.name) else []
        return [*actions, *dropped, *told, *self._conductor.feed(stream, Picture(source, payload, peer, now))]

    def _gather(self, message: messages.Channel, peer: Peer, now: float) -> list[Action]:
        """Take in one number of a vector; follow it if it is whole by that."""
        stream, dropped = self._conductor.open(message.stream, now)
        self._channels = {name: one for name, one in self._channels.items() if name in self._conductor.streams}
        channels, _ = self._channels.get(message.stream, (Channels(), peer))
        if stream.idle and channels.settled:  # as with whole vectors, another one may begin
            channels = Channels()
        self._channels[message.stream] = (channels, peer)
        vectors = channels.put(message.name, message.value, now)
        return [*dropped, *self._follow(message.stream, vectors, peer, now)]

    def _follow(self, stream: str, vectors: list[Vector], peer: Peer, now: float) -> list[Action]:
        fed = (messages.Features(values=vector, stream=stream) for vector in vectors)
        return [action for features in fed for action in self.receive(features, b"", peer, now)]

    def _check_length(self, source: messages.Features, now: float) -> list[Action]:
        """A stream's vectors keep their length; one that is idle or stopped begins again with another."""
        stream = self._conductor.streams.get(source.stream)
        if stream is None or stream.length in (None, len(source.values)):
            return []
        if stream.idle or not stream.wanted:
            return self._conductor.renew(stream, now)
        reason = f"stream {stream.name!r} takes {stream.length} numbers, got {len(source.values)}"
        raise PeerError("features", f"{reason}; use another stream, or calibrate reset first")

    def _turn(self, message: messages.Get | messages.Set | messages.Bind, peer: Peer, now: float) -> list[Action]:
        if isinstance(message, messages.Bind):
            return self._bind(message, peer, now)
        actions: list[Action] = []
        if isinstance(message, messages.Set):
            actions = self._set(message, now)
        value = self._value(message.stream, message.name)
        answer = messages.Value(stream=message.stream, name=message.name, value=value)
        return [*actions, *self._hosts.reply(peer, answer)]

    def _bind(self, message: messages.Bind, peer: Peer, now: float) -> list[Action]:
        binding = Binding(message.source, message.target, message.amount)
        actions = self._conductor.bind(message.stream, binding, now)
        answer = messages.Bound(stream=message.stream, **msgspec.structs.asdict(binding))
        return [*actions, *self._hosts.reply(peer, answer)]

    def _set(self, message: messages.Set, now: float) -> list[Action]:
        if message.name == "tempo":
            self._set_tempo(message.value, now)
            return []
        set_control(self._conductor.controls(message.stream), message.name, message.value)
        stream, dropped = self._conductor.open(message.stream, now)
        stream.controls = set_control(stream.controls, message.name, message.value)
        return dropped

    def _value(self, stream: str, name: str) -> messages.ControlValue:
        if name == "tempo":
            return self._conductor.clock.tempo
        if name not in CONTROLS:
            raise PeerError("control", f"unknown control {name!r}; there are tempo, {', '.join(CONTROLS)}")
        value: messages.ControlValue = getattr(self._conductor.controls(stream), name)
        return value

    def _set_tempo(self, bpm: object, now: float) -> None:
        slowest, fastest = messages.SLOWEST_BPM, messages.FASTEST_BPM
        if isinstance(bpm, bool) or not isinstance(bpm, int | float) or not slowest <= bpm <= fastest:
            raise PeerError("control", f"tempo must be {slowest:g} to {fastest:g}, got {short(bpm)}")
        self._conductor.clock.set_tempo(float(bpm), now)

    def _keep_tempo(
        self, message: messages.Tempo | messages.Tap | messages.Beat, peer: Peer, now: float
    ) -> list[Action]:
        if isinstance(message, messages.Tempo):
            self._set_tempo(message.bpm, now)
            return []
        if isinstance(message, messages.Beat):
            self._conductor.hear_beat(HostBeat(now, message.beat, message.bpm))
            return []
        tempo = self._taps.take(now)
        if tempo is None:
            return []
        self._set_tempo(tempo, now)
        answer = messages.Value(stream=messages.MAIN_STREAM, name="tempo", value=self._conductor.clock.tempo)
        return [*self._hosts.reply(peer, answer)]

    def _change_stream(self, message: messages.Start | messages.Stop | messages.Forget, now: float) -> list[Action]:
        if isinstance(message, messages.Forget):
            return self._forget(message, now)
        stream, actions = self._conductor.open(message.stream, now)
        stream.wanted = isinstance(message, messages.Start)
        return actions if stream.wanted else [*actions, *self._conductor.silence(stream, now)]

    def _forget(self, message: messages.Forget, now: float) -> list[Action]:
        stream = self._conductor.streams.get(message.stream)
        if stream is None:
            raise PeerError("stream", f"there is no stream {message.stream!r} to forget")
        self._hosts.forget(message.stream)
        return [*self._conductor.forget(stream, now), *self._osc_peers(now)]

    def _fall_silent(self, stream: Stream, now: float) -> list[Action]:
        """Let a stream wait for its next picture, if it plays."""
        if stream.state != "playing":
            return []
        stream.idle = True
        return self._conductor.silence(stream, now)

    def _osc_peers(self, now: float) -> list[Action]:
        """Tell the player where notes go by OSC, where it has not been told; after many tellings by `due`, soon."""
        self._untold = self._conductor.player_up and now < self._tell_next
        if self._untold or not self._conductor.player_up:
            return []
        peers = self._hosts.listeners()
        if peers == self._told_peers:
            return []
        self._told_peers = peers
        self._tell_next = max(self._tell_next, now - PEERS_AT_ONCE * PEERS_EVERY) + PEERS_EVERY
        self._conductor.deliver_ahead(any(peer.ahead for peer in peers))
        return [ForPlayer(internal.OscPeers(peers=peers))]
