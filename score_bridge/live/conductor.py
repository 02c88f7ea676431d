"""Streams and steps: what the bridge orders from engine and player, and what it does with their answers. Sans-I/O.

The rules that keep every note-on paired, whichever process dies or stops when:
- a silence voids every step asked for before it (`Stream.silenced_step`): its answer may already be on its way, with
  notes whose note-offs the engine, ordered to release them, would never send;
- an answer that is a whole step late brings note-offs only;
- while an answer is a whole step late, a note that has sounded for as long as was foreseen is ended;
- what goes to the player stands in the ledger until its end is reported.

The engine has at most one picture of each stream, and `MAX_STREAMS` streams that it is to forget: until it reports
that they are gone, pictures of their names wait, of all names where there are as many.
"""

from functools import reduce

import msgspec

from score_bridge.errors import PeerError
from score_bridge.live.actions import Action, ForEngine, ForPlayer, Publish
from score_bridge.live.beat_clock import BeatClock, HostBeat
from score_bridge.live.clock import MusicalClock, Transport
from score_bridge.live.followers import follower
from score_bridge.live.lead import Lead
from score_bridge.live.link_clock import LinkState
from score_bridge.live.midi_clock import PULSES_PER_STEP, ClockEvent
from score_bridge.live.streams import Picture, State, Stream
from score_bridge.live.supervision.ledger import Ledger
from score_bridge.live.worker import Worker
from score_bridge.music.tokens import STEPS_PER_BAR
from score_bridge.settings import MAX_STREAMS, Settings, as_shown
from score_bridge.wire import internal
from score_bridge.wire.bindings import Binding, bind, parse_bindings, possible
from score_bridge.wire.controls import Controls, as_dict, take_over
from score_bridge.wire.messages import LEAD, Expression, Latent, Note
from score_bridge.wire.midi_expression import express, parse_mapping
from score_bridge.wire.zmq_codec import Part

PANIC_EVERY = 0.1  # seconds
UNUSED = 60.0  # seconds without a picture after which a stream that does not play makes room for another


class Conductor:
    """The musical clock, the streams, and what engine and player have in hand."""

    def __init__(self, settings: Settings, now: float) -> None:
        """Let the clock run from `now`."""
        lead = settings.lead_ms / 1000
        own = MusicalClock(settings.tempo, now + lead, lead)
        self._follower = follower(settings, own)
        self.clock: Transport = self._follower
        self._pulses = settings.clock_out
        self._running = False  # as other programs were told by MIDI clock
        self._beaten = -1  # the last step whose pulses were ordered
        self._lead = Lead(lead)
        self.streams: dict[str, Stream] = {}
        self._leaving: set[str] = set()  # names of streams that the engine is to forget, and may not have yet
        self.worker = Worker()
        self.restarts = 0
        self.player_up = False
        self._panicked = -float("inf")
        self._settings = settings
        self._controls = settings.controls
        self._bindings = parse_bindings(settings.bind)
        self._mapping = parse_mapping(settings.cc)
        self._ledger = Ledger()

    def state(self, stream: Stream) -> State:
        """Return what `stream` does, also where the engine is to be restarted first."""
        state = stream.state
        return "recovering" if self.worker.recovering and state in ("playing", "waiting") else state

    def controls(self, name: str) -> Controls:
        """Return how the stream called `name` plays, or would if it began now."""
        stream = self.streams.get(name)
        return stream.controls if stream else self._controls

    # --- streams ---------------------------------------------------------------------------------------------

    def open(self, name: str, now: float) -> tuple[Stream, list[Action]]:
        """Return the stream called `name`, a new one if need be, for which another may be dropped.

        Raises PeerError("streams") where there are too many.
        """
        if name in self.streams:
            return self.streams[name], []
        actions = self._make_room(now) if len(self.streams) >= MAX_STREAMS else []
        stream = self.streams[name] = Stream.begin(name, self._controls, now)
        stream.bindings = self._bindings
        stream.silenced_step = self.clock.next_step - 1
        return stream, actions

    def forget(self, stream: Stream, now: float) -> list[Action]:
        """Drop a stream, its notes and its state in the engine."""
        del self.streams[stream.name]
        return [*self._order_silence(stream.name, now), *self._let_forget(stream)]

    def forgotten(self, name: str, now: float) -> list[Action]:
        """The engine has dropped a stream: pictures that waited for that go to it."""
        self._leaving.discard(name)
        return [action for stream in self.streams.values() for action in self._observe(stream, now)]

    def renew(self, stream: Stream, now: float) -> list[Action]:
        """Let a stream begin anew with its next picture; what hosts have set of it stays."""
        actions = self.forget(stream, now)
        anew = self.streams[stream.name] = Stream.begin(stream.name, stream.controls, now)
        anew.bindings, anew.wanted, anew.readings = stream.bindings, stream.wanted, stream.readings
        anew.silenced_step = self.clock.next_step - 1
        return actions

    def silence(self, stream: Stream, now: float) -> list[Action]:
        """End what sounds of a stream; what was asked of the engine for it is void."""
        return [*self._order_silence(stream.name, now), *self._release(stream)]

    def panic(self, now: float) -> list[Action]:
        """End everything that sounds, on MIDI devices with all-notes-off too."""
        releases = [action for stream in self.streams.values() for action in self._release(stream)]
        return [*self._order_silence("", now, panic=True), *releases]

    def deliver_ahead(self, anybody: bool) -> None:
        """Note whether anybody gets notes before they are due."""
        self._ledger.ahead = self._ledger.ahead or anybody

    def feed(self, stream: Stream, picture: Picture) -> list[Action]:
        """Take the newest picture of a stream; it goes to the engine as soon as that is done with the last."""
        stream.mailbox.put(picture)
        return self._observe(stream, picture.received)

    # --- the engine ------------------------------------------------------------------------------------------

    def due(self, now: float) -> list[Action]:
        """Ask the engine for the steps that are to be decided now."""
        skipped = self.clock.skipped
        actions = [*self._end_overdue(now), *self._give_up_pictures(now)]
        for n, due in self.clock.decide(now):
            actions += [*self._step(n, due, now), *self._beat(n, due)]
        self._count_late(self.clock.skipped - skipped)
        return [*actions, *self._rest(now)]

    def follow(self, heard: ClockEvent | LinkState) -> float | None:
        """Follow what another program's clock says; return the tempo that it is to be told, if any."""
        return self._follower.take(heard)

    def hear_beat(self, heard: HostBeat) -> None:
        """Follow a host's beat. Raises PeerError where another clock leads."""
        if not isinstance(self._follower, BeatClock):
            raise PeerError(
                "tempo", "the server was started to follow a MIDI clock or Ableton Link, and no host's beat"
            )
        self._follower.take(heard)

    def stepped(self, message: internal.Stepped, now: float) -> list[Action]:
        """Pass on what the engine decided, unless the stream was silenced since or it comes too late to be begun."""
        took = self.worker.answered(message.n, now)
        if took is not None:
            self._lead.took(message.n, took)
            self.clock.lead = self._lead.now(self.clock.seconds_per_step)
        stream = self.streams.get(message.stream)
        if stream is None or message.n <= stream.silenced_step:
            return []
        events, late = message.events, now - message.due
        if message.struck:
            events = tuple(msgspec.structs.replace(event, time=max(event.time, now)) for event in events)
        elif message.voice == LEAD:
            stream.readings.late_steps += late > 0
        if late >= self.clock.seconds_per_step:
            events = tuple(event for event in events if not isinstance(event, Note))
        latent = Latent(stream=stream.name, step=message.n, values=message.latent)
        play = internal.Play(events=events, program=message.program)
        if events:
            self._ledger.play(events, message.program, handed=self.player_up)
        told = [Publish((latent,))] if message.voice == LEAD else []
        return [*(self._player(play) if events else []), *told]

    def publish_annotations(self, message: internal.Annotations) -> list[Action]:
        """Pass on what a stream sees and plays, unless it was silenced since."""
        stream = self.streams.get(message.stream)
        if stream is None or message.n <= stream.silenced_step:
            return []
        return [Publish(message.messages)]

    def bind(self, name: str, binding: Binding, now: float) -> list[Action]:
        """Let a reading of the stream's pictures move its music. Raises PeerError("bind") where the model cannot."""
        engine = self.worker.engine
        if engine is not None and not possible((binding,), engine.directions):
            raise PeerError("bind", f"the melody model {engine.weights} has no named directions to bind to")
        stream, dropped = self.open(name, now)
        stream.bindings = bind(stream.bindings, binding)
        return dropped

    def pass_request(self, message: internal.EngineRequest, payload: Part) -> list[Action]:
        """Pass a request on. Raises PeerError where there is no such stream, or no engine now."""
        name = message.source.stream
        if name not in self.streams:
            raise PeerError("stream", f"there is no stream {name!r} yet: send it a picture first")
        if self.worker.engine is None:
            raise PeerError("engine", "the engine is not ready: ask again in a moment")
        stream = self.streams[name]
        known = {"controls": stream.controls, "bindings": stream.bindings, "tempo": self.clock.tempo}
        stream.given = True
        return self._engine(msgspec.structs.replace(message, **known), payload)

    def observed(self, message: internal.Observed, now: float) -> tuple[Picture | None, list[Action]]:
        """Return the picture the engine is done with, and what follows: the next one for it, the readings for all.

        A stream plays after its first latent update, by the quick groups at least; content comes in a second report.
        """
        stream = self.streams.get(message.stream)
        if stream is None or message.stream in self._leaving:
            return None, []
        if message.encoded:
            stream.followed = True
            stream.readings.features += not message.quick
            age = stream.mailbox.age(message.received, now)
            stream.readings.followed(now - message.received, age)
            if not message.again:
                stream.readings.awaits_answer(message.received if age is None else now - age)
        if message.again:
            return None, []
        picture = stream.mailbox.credit(message.received)
        stream.readings.refused += bool(message.refused)
        struck = self._strike(stream, now) if message.strikes else []
        return picture, [*struck, *self._observe(stream, now), *self._express(message, now)]

    def snapshot(self, message: internal.Snapshot, payload: Part) -> None:
        """Keep a stream's state against the engine's death."""
        if message.stream in self.streams and message.stream not in self._leaving:
            self.streams[message.stream].snapshot = payload

    def engine_ready(self, message: internal.EngineReady, now: float) -> list[Action]:
        """Give a fresh engine what the last one knew, and the newest pictures."""
        if self.worker.ready(message):
            self._begin_as_shown(message, now)
        actions: list[Action] = []
        missed = self.clock.next_step - 1
        for stream in self.streams.values():
            stream.bindings = possible(stream.bindings, message.directions)
            stream.given = bool(stream.snapshot)
            if stream.snapshot:
                actions += self._engine(internal.Restore(stream=stream.name, until=missed), stream.snapshot)
            self._void(stream)
            actions += [*self._engine(internal.Release(stream=stream.name)), *self._observe(stream, now)]
        return actions

    def engine_lost(self, now: float) -> list[Action]:
        """End what it left sounding."""
        self.worker.lost()
        self._leaving.clear()
        self.restarts += 1
        for stream in self.streams.values():
            stream.mailbox.lost()
            self._void(stream)
        return self._order_silence("", now)

    # --- the player ------------------------------------------------------------------------------------------

    def played(self, message: internal.Played) -> None:
        """Count what went out, and how late."""
        self._ledger.played(message)
        if message.stream in self.streams:
            readings = self.streams[message.stream].readings
            readings.notes += message.on
            readings.lateness.append(message.lateness)

    def missed(self, message: internal.Missed) -> None:
        """Count a note that the player has not begun."""
        self._ledger.missed(message)
        if message.stream in self.streams:
            self.streams[message.stream].readings.dropped_notes += 1

    def player_alive(self, message: internal.Alive) -> None:
        """Take its heartbeat as proof of what it has carried out."""
        self._ledger.alive(message.time)

    def player_ready(self, now: float) -> list[Action]:
        """Let a fresh player end what the last one may have left, and play what is to come."""
        self.player_up = True
        return [ForPlayer(message) for message in self._ledger.resume(now)]

    def player_lost(self) -> None:
        """Keep notes for the next player."""
        self.player_up = False
        self._running = False
        self.restarts += 1

    # --- inside ----------------------------------------------------------------------------------------------

    def _step(self, n: int, due: float, now: float) -> list[Action]:
        playing = [s for s in self.streams.values() if s.state == "playing" and s.asked_step < n]
        if self.worker.engine is None or not playing:
            return []
        if not self.worker.owe(n, due, now):
            self._count_late(1)
            return []
        length = self.clock.seconds_per_step
        return self._ask(internal.Step(n=n, due=due, asked=now, seconds_per_step=length, streams=()), playing)

    def _strike(self, stream: Stream, now: float) -> list[Action]:
        """Let a stream that plays freely answer at once: its next step is decided now; its place on the grid stays.

        A note of the step before that has not begun yet is not begun any more: what is decided now ends it.
        """
        n = self.clock.next_step
        free = stream.controls.sync == "free" and stream.state == "playing" and stream.asked_step < n
        if not free or self.worker.engine is None or self.clock.waits_for:
            return []
        length = self.clock.seconds_per_step
        return self._ask(internal.Step(n=n, due=now, struck=True, seconds_per_step=length, streams=()), [stream])

    def _ask(self, step: internal.Step, streams: list[Stream]) -> list[Action]:
        for stream in streams:
            stream.asked_step, stream.given = step.n, True
            stream.readings.answered(step.due)
        parts = tuple(internal.StreamStep(stream.name, stream.controls, stream.bindings) for stream in streams)
        return [ForEngine(msgspec.structs.replace(step, streams=parts))]

    def _beat(self, n: int, due: float) -> list[Action]:
        """Let the player send the pulses of step `n`, and a start where a bar begins with it."""
        if not self._pulses or not self.player_up:
            return []
        jumped = n != self._beaten + 1
        stop = self._player(internal.PulsesEnd()) if self._running and jumped else []
        begins = n % STEPS_PER_BAR == 0 and (jumped or not self._running)
        self._running, self._beaten = begins or (self._running and not jumped), n
        apart = self.clock.seconds_per_step / PULSES_PER_STEP
        times = tuple(due + k * apart for k in range(PULSES_PER_STEP))
        return [*stop, *self._player(internal.Pulses(times=times, begins=begins))]

    def _rest(self, now: float) -> list[Action]:
        """Stop those who follow, and let what sounds end as was foreseen, while the clock does not run."""
        if not self.clock.waits_for:
            return []
        stop = self._player(internal.PulsesEnd()) if self._running else []
        self._running = False
        return [*stop, *self._end_foreseen(now)]

    def _end_overdue(self, now: float) -> list[Action]:
        """End what has sounded for as long as was foreseen, while nobody says whether it goes on."""
        return self._end_foreseen(now) if self.worker.overdue(now, patience=self.clock.seconds_per_step) else []

    def _end_foreseen(self, now: float) -> list[Action]:
        events = tuple(self._ledger.end_overdue(now))
        return self._player(internal.Play(events=events)) if events else []

    def _begin_as_shown(self, shown: internal.EngineReady, now: float) -> None:
        """Bind and set what the show does, except where settings or hosts have it otherwise."""
        settings, before = as_shown(self._settings, shown.controls), self._controls
        for stream in self.streams.values():
            stream.bindings = reduce(bind, stream.bindings, shown.bindings)
            stream.controls = take_over(stream.controls, before, as_dict(settings.controls))
        self._bindings = reduce(bind, self._bindings, shown.bindings)
        self._controls = settings.controls
        if settings.tempo != self.clock.tempo == self._settings.tempo and not self.clock.led:
            self.clock.set_tempo(settings.tempo, now)

    def _count_late(self, steps: int) -> None:
        for stream in self.streams.values():
            stream.readings.late_steps += steps if stream.state == "playing" else 0

    def _give_up_pictures(self, now: float) -> list[Action]:
        """Let no stream wait for ever for an answer that does not come."""
        late = [stream for stream in self.streams.values() if stream.mailbox.overdue(now)]
        for stream in late:
            stream.mailbox.lost()
        return [action for stream in late for action in self._observe(stream, now)]

    def _observe(self, stream: Stream, now: float) -> list[Action]:
        waits = stream.name in self._leaving or (len(self._leaving) >= MAX_STREAMS and not stream.given)
        picture = stream.mailbox.take(now) if self.worker.engine and not waits else None
        if picture is None:
            return []
        stream.given = True
        observe = internal.Observe(source=picture.source, received=picture.received)
        return self._engine(observe, picture.payload)

    def _express(self, message: internal.Observed, now: float) -> list[Action]:
        if not message.descriptors:
            return []
        readings = {**message.descriptors, "cut": float(message.cut), "onset": float(message.onset)}
        expression = tuple(
            Expression(stream=message.stream, name=name, value=value, time=now) for name, value in readings.items()
        )
        moved = express(self._mapping, readings)
        channel = self.controls(message.stream).channel
        moves = self._player(internal.MidiExpression(channel=channel, values=moved)) if moved else []
        return [*moves, Publish(expression)]

    def _make_room(self, now: float) -> list[Action]:
        silent = [s for s in self.streams.values() if s.state != "playing"]
        unused = [s for s in silent if now - s.fed >= UNUSED or not s.readings.frames]  # set, but never fed
        if not unused:
            raise PeerError("streams", f"there are {MAX_STREAMS} streams already; use one of them")
        return self.forget(min(unused, key=lambda s: s.fed), now)

    def _order_silence(self, stream: str, now: float, *, panic: bool = False) -> list[Action]:
        """Order the player to silence a stream ("" = all), if it may have anything of it to end or to forget.

        However often hosts say stop: no more orders than notes. A panic is for what nobody knows to sound, and goes
        to the outputs once in `PANIC_EVERY` seconds at least.
        """
        anything = self._ledger.silence(stream, now)
        due = panic and now - self._panicked >= PANIC_EVERY
        self._panicked = now if due else self._panicked
        return self._player(internal.Silence(stream=stream, panic=panic)) if anything or due else []

    def _release(self, stream: Stream) -> list[Action]:
        """Let the engine drop what it holds of a stream, if it was asked for anything since it last did."""
        asked = stream.asked_step > stream.silenced_step
        self._void(stream)
        return self._engine(internal.Release(stream=stream.name)) if asked else []

    def _let_forget(self, stream: Stream) -> list[Action]:
        """Let the engine drop a stream, if it was given anything of it."""
        if not (stream.given and self.worker.engine):
            return []
        self._leaving.add(stream.name)
        return self._engine(internal.Release(stream=stream.name, forget=True))

    def _void(self, stream: Stream) -> None:
        stream.silenced_step = max(self.clock.next_step - 1, stream.asked_step)

    def _engine(self, message: internal.ToEngine, payload: Part = b"") -> list[Action]:
        return [ForEngine(message, payload)] if self.worker.engine else []

    def _player(self, message: internal.ToPlayer) -> list[Action]:
        return [ForPlayer(message)] if self.player_up else []
