"""The messages between the three processes, in the same codec as those of hosts.

Bridge (parent) ⇄ engine (child) and bridge ⇄ player (child), each over one PAIR socket. Times are
`time.perf_counter`, which all processes of one machine share.
"""

import msgspec

from score_bridge.wire.bindings import Bindings
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import (
    ALL_STREAMS,
    LEAD,
    USUAL_KINDS,
    Annotation,
    Answer,
    Features,
    Frame,
    Kind,
    Message,
    Note,
    NoteOff,
    Reported,
    Request,
)
from score_bridge.wire.midi_expression import MidiValue

# --- bridge to engine ----------------------------------------------------------------------------------------


class Observe(Message, frozen=True, kw_only=True, tag="observe"):
    """A picture (pixels in the payload) or features for the engine; one in flight a stream, newest wins."""

    source: Frame | Features
    received: float


class StreamStep(msgspec.Struct, frozen=True):
    """One stream's part in a step."""

    stream: str
    controls: Controls
    bindings: Bindings = ()


class Step(Message, frozen=True, kw_only=True, tag="step"):
    """Decode step `n`, due at `due`, for these streams; `seconds_per_step` turns steps into note lengths.

    asked: when the bridge asked for it; 0 where no picture is to give way to it; struck: it is played at once, before
    its place on the grid, and begins a note.
    """

    n: int
    due: float
    asked: float = 0.0
    struck: bool = False
    seconds_per_step: float
    streams: tuple[StreamStep, ...]


class Release(Message, frozen=True, kw_only=True, tag="release"):
    """The stream was silenced: the engine drops its held notes; `forget` drops the whole stream."""

    stream: str
    forget: bool = False


class Restore(Message, frozen=True, kw_only=True, tag="restore"):
    """A stream's last snapshot (payload), given to a fresh engine; `until` is the last step asked of any engine."""

    stream: str
    until: int


class EngineRequest(Message, frozen=True, kw_only=True, tag="engine_request"):
    """A host's request to a stream (a MIDI file in the payload), at server time `time`; see `EngineReply`.

    controls, bindings, tempo: what the stream is set to, also since its last step.
    """

    ask: int
    source: Request
    time: float
    controls: Controls = Controls()
    bindings: Bindings = ()
    tempo: float = 0.0


# --- engine to bridge ----------------------------------------------------------------------------------------


class EngineReady(Message, frozen=True, kw_only=True, tag="engine_ready"):
    """Models are warm. `directions` names what can be bound: nothing in an imported model.

    bindings: what the show file binds; controls: what it sets controls and tempo to, "name value".
    """

    weights: str
    latent_size: int
    device: str
    directions: tuple[str, ...] = ()
    bindings: Bindings = ()
    controls: tuple[str, ...] = ()


class EngineReply(Message, frozen=True, kw_only=True, tag="engine_reply"):
    """What came of request `ask`: an answer, or why there is none."""

    ask: int
    answer: Answer | None = None
    refused_kind: str = ""
    refused: str = ""


class StreamWarning(Message, frozen=True, kw_only=True, tag="stream_warning"):
    """A warning for the host that feeds a stream."""

    stream: str
    kind: str
    reason: str


class Forgotten(Message, frozen=True, kw_only=True, tag="forgotten"):
    """The stream was dropped, as `Release` with `forget` ordered; nothing of it comes any more."""

    stream: str


class Observed(Message, frozen=True, kw_only=True, tag="observed"):
    """Picture `seq` was seen (its descriptors are here), and the engine is ready for the next; or it was refused.

    `encoded`: the latent follows it now, if `quick` only in what is found at once. A second report of the same
    picture, with `again`, reports that its content is followed, too. onset: something in it suddenly moves.
    """

    stream: str
    seq: int
    received: float
    descriptors: dict[str, float]
    finished: float = 0.0
    cut: bool = False
    onset: bool = False
    encoded: bool = False
    quick: bool = False
    again: bool = False
    refused_kind: str = ""
    refused: str = ""

    @property
    def strikes(self) -> bool:
        """Whether a stream that plays freely answers at once."""
        return self.encoded and (self.cut or self.onset)


class Stepped(Message, frozen=True, kw_only=True, tag="stepped"):
    """Step `n` of a voice is decided: events to play at `due`, offs before ons. `compute_ms` is the whole batch's.

    latent: where the picture stands, told with the lead alone; struck: the events are to be played at once.
    """

    stream: str
    n: int
    due: float
    token: int
    events: tuple[Note | NoteOff, ...]
    latent: tuple[float, ...]
    program: int
    voice: int = LEAD
    compute_ms: float = 0.0
    struck: bool = False


class Annotations(Message, frozen=True, kw_only=True, tag="annotations"):
    """What a playing stream sees and plays as of step `n`, to be published."""

    stream: str
    n: int
    messages: tuple[Annotation, ...]


class Snapshot(Message, frozen=True, kw_only=True, tag="snapshot"):
    """A stream's state (payload) for the bridge to keep against a crash."""

    stream: str
    step: int


class Alive(Message, frozen=True, kw_only=True, tag="alive"):
    """A child's heartbeat."""

    time: float


# --- bridge to player ----------------------------------------------------------------------------------------


class Play(Message, frozen=True, kw_only=True, tag="play"):
    """Schedule these events, each at its own `time`; `program` is set on the channel before the first note."""

    events: tuple[Note | NoteOff, ...]
    program: int = 0


class Publish(Message, frozen=True, kw_only=True, tag="publish"):
    """Pass these on to subscribers now."""

    messages: tuple[Reported, ...]


class MidiExpression(Message, frozen=True, kw_only=True, tag="midi_expression"):
    """Set controllers, bend and pressure of a MIDI channel now, where they are not at these values."""

    channel: int
    values: tuple[MidiValue, ...]


class Listener(msgspec.Struct, frozen=True):
    """Who gets notes by OSC: of these `streams` (`all` is every one); where it names none, of all but `without`.

    kinds: the readings it gets beside notes and statuses; ahead: notes come before they are due.
    """

    host: str
    port: int
    streams: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = USUAL_KINDS
    ahead: bool = False

    def hears(self, stream: str) -> bool:
        """Whether it gets what concerns this stream."""
        if not self.streams:
            return stream not in self.without
        return stream in self.streams or ALL_STREAMS in self.streams


class OscPeers(Message, frozen=True, kw_only=True, tag="osc_peers"):
    """Everyone who gets notes by OSC."""

    peers: tuple[Listener, ...]


class Silence(Message, frozen=True, kw_only=True, tag="silence"):
    """End what sounds of one stream ("" = all) now, drop what is scheduled for it; `panic` adds CC 64, 123, 120."""

    stream: str = ""
    panic: bool = False


class Sounding(Message, frozen=True, kw_only=True, tag="sounding"):
    """Notes that a player which died may have left sounding; the new one ends them at once."""

    notes: tuple[Note, ...]


# --- player to bridge ----------------------------------------------------------------------------------------


class PlayerReady(Message, frozen=True, kw_only=True, tag="player_ready"):
    """Sockets are bound and the MIDI port (if any) is open; `midi` names it, or gives the reason."""

    pub: str
    midi: str


class Played(Message, frozen=True, kw_only=True, tag="played"):
    """An event went out, `lateness` seconds after its due time."""

    stream: str
    id: int
    on: bool
    time: float
    lateness: float


class Subscriptions(Message, frozen=True, kw_only=True, tag="subscriptions"):
    """The beginnings of topics that anybody subscribes to."""

    topics: tuple[str, ...]


class Missed(Message, frozen=True, kw_only=True, tag="missed"):
    """A note was not begun, because its turn came too late."""

    stream: str
    id: int


class Pulses(Message, frozen=True, kw_only=True, tag="pulses"):
    """Pulses of the MIDI clock at these times; `begins`: a start goes before the first of them."""

    times: tuple[float, ...]
    begins: bool = False


class PulsesEnd(Message, frozen=True, kw_only=True, tag="pulses_end"):
    """The clock stands still: what follows it by MIDI is stopped."""


class Shutdown(Message, frozen=True, kw_only=True, tag="shutdown"):
    """Silence everything and end."""


ToEngine = Observe | Step | Release | Restore | EngineRequest | Shutdown
FromEngine = (
    EngineReady | EngineReply | StreamWarning | Observed | Stepped | Annotations | Snapshot | Forgotten | Alive
)
ToPlayer = Play | Publish | MidiExpression | OscPeers | Silence | Sounding | Pulses | PulsesEnd | Shutdown
FromPlayer = PlayerReady | Played | Missed | Subscriptions | Alive
