"""The message table: everything that hosts and the server exchange, on ZeroMQ and on OSC alike.

ZeroMQ carries `[b"SB1", msgpack map with "type" and the fields below, payload?]`; OSC carries the rows of
`wire.osc.table`. Both codecs are derived from these classes; fields are only ever added within a major version.
Times are seconds, velocities 1-127, MIDI channels 1-16 (as people count), pitches MIDI note numbers.
"""

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from score_bridge.wire.bindings import Amount, Direction, Reading, Target

PROTOCOL = 1
MAGIC = b"SB1"
MAIN_STREAM, ALL_STREAMS = "main", "all"
LEAD, CHORDS, BASS, DRUMS, VIOLIN2, VIOLA, CELLO = range(7)  # numbers of voices
MAX_VOICES = 8  # how many a stream can have

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\A[^\x00-\x1f\x7f]*\Z")]
Side = Annotated[int, Meta(ge=1, le=8192)]
Dtype = Literal["uint8", "float32"]
Encoding = Literal["raw", "jpeg", "png"]
Order = Literal["rgb", "rgba", "bgr", "bgra", "argb", "gray"]
Origin = Literal["top", "bottom"]
Transfer = Literal["srgb", "linear"]
ControlValue = float | int | str
Kind = Literal["latent", "expression", "label", "attribute", "key", "link"]
KINDS: tuple[Kind, ...] = get_args(Kind)
USUAL_KINDS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind != "latent")

SLOWEST_BPM, FASTEST_BPM = 20.0, 300.0
MOST_NAMED = 32  # streams in a hello
Bpm = Annotated[float, Meta(ge=SLOWEST_BPM, le=FASTEST_BPM)]
PLANES: dict[Order, int] = {"rgb": 3, "bgr": 3, "rgba": 4, "bgra": 4, "argb": 4, "gray": 1}
SIGNATURES: dict[bytes, Encoding] = {b"\xff\xd8\xff": "jpeg", b"\x89PNG\r\n\x1a\n": "png"}

MAX_FEATURES = 4096
MAX_PAYLOAD = 64 * 1024 * 1024
MAX_MIDI = 64 * 1024  # two bars take less than one; more would keep the engine from its next sixteenth


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Any message. Unknown fields are ignored, so that newer peers may add some."""


# --- from a host ---------------------------------------------------------------------------------------------


class Hello(Message, frozen=True, kw_only=True, tag="hello"):
    """Introduces a host (optional). OSC replies then go to `reply_port` instead of the port it sends from (also 0).

    It gets by OSC what concerns these `streams`, or all streams where `all` is among them. Where none is named, it
    hears of those that it sends pictures or features to; while there is none, of those whose sender said no hello.
    """

    name: Name
    protocol: int = PROTOCOL
    reply_port: Annotated[int, Meta(ge=0, le=65535)] = 0
    streams: Annotated[tuple[Name, ...], Meta(max_length=MOST_NAMED)] = ()


class Goodbye(Message, frozen=True, kw_only=True, tag="goodbye"):
    """Takes leave: the streams that this host fed last fall silent, and it gets no more notes by OSC.

    What they have learned stays for a while, and a picture plays on.
    """


class Subscribe(Message, frozen=True, kw_only=True, tag="subscribe"):
    """Says which readings an OSC host gets beside notes and statuses; without any, none. Answered by `subscribed`.

    By default all but `latent`, which is long and comes every sixteenth. On ZeroMQ one subscribes to topics.
    """

    kinds: Annotated[tuple[Kind, ...], Meta(max_length=MOST_NAMED)] = ()


class Deliver(Message, frozen=True, kw_only=True, tag="deliver"):
    """Says when an OSC host gets its notes: when they are `due`, or `ahead` as soon as they are decided.

    Ahead they come in a bundle with the time tag of their begin, and `delay_ms` says how far off that is.
    """

    when: Literal["due", "ahead"]


class Frame(Message, frozen=True, kw_only=True, tag="frame"):
    """One picture; the payload is its pixels, or a JPEG or PNG. `shape` is (height, width[, planes]).

    `time` is when it was made, in seconds on the server's clock (`welcome` and `pong` tell it); 0 = not known.
    """

    stream: Name = MAIN_STREAM
    seq: int = 0
    time: float = 0.0
    shape: Annotated[tuple[Side, ...], Meta(max_length=3)] = ()
    dtype: Dtype = "uint8"
    encoding: Encoding = "raw"
    order: Order = "rgb"
    origin: Origin = "top"
    transfer: Transfer = "srgb"


class Features(Message, frozen=True, kw_only=True, tag="features"):
    """A feature vector of the host's own instead of a picture; all vectors of a stream have the same length.

    `time` is that of `frame`.
    """

    values: Annotated[tuple[float, ...], Meta(min_length=1, max_length=MAX_FEATURES)]
    stream: Name = MAIN_STREAM
    seq: int = 0
    time: float = 0.0


class Channel(Message, frozen=True, kw_only=True, tag="channel"):
    """One number of a feature vector, by its name: for hosts that send one number a message.

    Which names a vector has is settled once no new one has come for a quarter of a second; then it is followed
    whenever all of them came, and after 50 ms at the latest. `calibrate` with `reset` begins with other names.
    """

    name: Name
    value: float
    stream: Name = MAIN_STREAM


class Set(Message, frozen=True, kw_only=True, tag="set"):
    """Sets one control, or `tempo`. Answered by `value`."""

    name: Name
    value: ControlValue
    stream: Name = MAIN_STREAM


class Get(Message, frozen=True, kw_only=True, tag="get"):
    """Asks for the value of one control. Answered by `value`."""

    name: Name
    stream: Name = MAIN_STREAM


class Bind(Message, frozen=True, kw_only=True, tag="bind"):
    """Lets a reading of the picture move a direction of the music by -2 to 2; 0 removes it. Answered by `bound`."""

    source: Reading
    target: Target
    amount: Amount
    stream: Name = MAIN_STREAM


class Teach(Message, frozen=True, kw_only=True, tag="teach"):
    """Pairs the current picture with the two bars now playing, under a name. Answered by `anchors`."""

    name: Name
    stream: Name = MAIN_STREAM


class TeachMidi(Message, frozen=True, kw_only=True, tag="teach_midi"):
    """Pairs the current picture with the first two bars of a MIDI file's melody; the payload is the file.

    The file has at most 64 KB. Answered by `anchors`.
    """

    name: Name
    stream: Name = MAIN_STREAM


class TeachDirection(Message, frozen=True, kw_only=True, tag="teach_direction"):
    """Pairs the current picture with what it plays, except that one direction of the music is set to a value.

    The value, -3 to 3, is in standard deviations of real melodies from their mean. Answered by `anchors`.
    """

    name: Name
    direction: Direction
    value: Annotated[float, Meta(ge=-3, le=3)]
    stream: Name = MAIN_STREAM


class TeachList(Message, frozen=True, kw_only=True, tag="teach_list"):
    """Asks for all that the stream was taught. Answered by `anchors`."""

    stream: Name = MAIN_STREAM


class TeachRemove(Message, frozen=True, kw_only=True, tag="teach_remove"):
    """Removes what was taught under a name. Answered by `anchors`."""

    name: Name
    stream: Name = MAIN_STREAM


class TeachUndo(Message, frozen=True, kw_only=True, tag="teach_undo"):
    """Undoes the last teaching or removal; sent again, the one before. Answered by `anchors`."""

    stream: Name = MAIN_STREAM


class Calibrate(Message, frozen=True, kw_only=True, tag="calibrate"):
    """Controls the calibration: stop learning from pictures, go on, or begin anew at the next picture.

    What was taught stays. Answered by `calibrated`.
    """

    action: Literal["freeze", "adapt", "reset"]
    stream: Name = MAIN_STREAM


class Save(Message, frozen=True, kw_only=True, tag="save"):
    """Writes all that the stream was set to and has learned to the show file that `--show` named at the start.

    Answered by `saved`.
    """

    stream: Name = MAIN_STREAM


class Start(Message, frozen=True, kw_only=True, tag="start"):
    """Lets the stream play again after `stop`; a new stream plays from its first picture without it."""

    stream: Name = MAIN_STREAM


class Stop(Message, frozen=True, kw_only=True, tag="stop"):
    """Ends the sounding notes of the stream and keeps it silent until `start`."""

    stream: Name = MAIN_STREAM


class Forget(Message, frozen=True, kw_only=True, tag="forget"):
    """Ends the stream: its notes, its controls and all it has learned. A picture for it begins it anew."""

    stream: Name = MAIN_STREAM


class Tempo(Message, frozen=True, kw_only=True, tag="tempo"):
    """Sets the tempo of the server's clock, which all streams share, in beats per minute."""

    bpm: Bpm


class Beat(Message, frozen=True, kw_only=True, tag="beat"):
    """Says at which beat the host's music is now, counted from 0 with fractions, and its tempo, where it knows it.

    Said at least every two seconds, all streams play in time with it; bars have four beats.
    """

    beat: Annotated[float, Meta(ge=-1e9, le=1e9)]
    bpm: Annotated[float, Meta(ge=0, le=10_000)] = 0.0


class Tap(Message, frozen=True, kw_only=True, tag="tap"):
    """Taps the tempo: two or more in time set it. Answered by `value` with the tempo, from the second tap on."""


class Panic(Message, frozen=True, kw_only=True, tag="panic"):
    """Ends every sounding note of every stream at once, each by its own note-off; the streams play on."""


class Ping(Message, frozen=True, kw_only=True, tag="ping"):
    """Asks whether the server is there. Answered by `pong` with the same id."""

    id: int = 0


# --- to a host -----------------------------------------------------------------------------------------------


class Welcome(Message, frozen=True, kw_only=True, tag="welcome"):
    """Answers `hello`. `time` is the server's clock now, that of `note.time`; `pub` is the PUB address.

    `hosts` are the programs that have said hello, with the address where those on OSC listen.
    """

    protocol: int
    server: str
    weights: str
    latent_size: int
    expects: str
    time: float
    pub: str
    hosts: tuple[str, ...] = ()


class Value(Message, frozen=True, kw_only=True, tag="value"):
    """Answers `get` and `set` with the value that now holds."""

    stream: str
    name: str
    value: ControlValue


class Subscribed(Message, frozen=True, kw_only=True, tag="subscribed"):
    """Answers `subscribe` with the kinds of reading that this host now gets by OSC."""

    kinds: tuple[str, ...]


class Bound(Message, frozen=True, kw_only=True, tag="bound"):
    """Answers `bind`: by how much the reading `source` now moves the direction `target`; 0 is not at all."""

    stream: str
    source: str
    target: str
    amount: float


class Anchors(Message, frozen=True, kw_only=True, tag="anchors"):
    """Answers every `teach`: all that the stream was taught, oldest first, as name, source, name, source and so on.

    A source is `played`, `midi`, or a direction and its value, such as `density 2`.
    """

    stream: str
    anchors: tuple[str, ...]


class Calibrated(Message, frozen=True, kw_only=True, tag="calibrated"):
    """Answers `calibrate`: whether the stream learns from further pictures, and from how many it has learned."""

    stream: str
    state: Literal["adapting", "frozen", "new"]
    pictures: int


class Saved(Message, frozen=True, kw_only=True, tag="saved"):
    """Answers `save`: the file that was written, and how many anchors it holds."""

    stream: str
    path: str
    anchors: int


class Pong(Message, frozen=True, kw_only=True, tag="pong"):
    """Answers `ping`; `time` is the server's clock."""

    id: int
    time: float


class Error(Message, frozen=True, kw_only=True, tag="error"):
    """Says why a message was not used; at most once a second for each kind and host. `count` is how often so far."""

    kind: str
    reason: str
    count: int = 1


class Note(Message, frozen=True, kw_only=True, tag="note"):
    """A note begins at server time `time`, `delay_ms` after this message; `seconds` is its expected length.

    The note lasts until its `noteoff` (same stream and id), which always comes. `voice` is 0 for the lead,
    which plays the melody, 1 for chords, 2 for the bass and 3 for drums.
    """

    stream: str
    id: int
    pitch: int
    velocity: int
    channel: int
    seconds: float
    delay_ms: float = 0.0
    time: float = 0.0
    step: int = 0
    voice: int = LEAD


class NoteOff(Message, frozen=True, kw_only=True, tag="noteoff"):
    """The note of this stream and id ends, `delay_ms` after this message."""

    stream: str
    id: int
    pitch: int
    channel: int
    delay_ms: float = 0.0
    time: float = 0.0
    voice: int = LEAD


class Latent(Message, frozen=True, kw_only=True, tag="latent"):
    """Where the picture stands in the space it is mapped to, once a sixteenth: scores of characters, or a latent."""

    stream: str
    values: tuple[float, ...]
    step: int = 0


class Expression(Message, frozen=True, kw_only=True, tag="expression"):
    """One reading of the picture, 0..1: brightness, saturation, hue, contrast, edges, motion; cut and onset: 0 or 1.

    cut: a new shot begins; onset: something that was still suddenly moves.
    """

    stream: str
    name: str
    value: float
    time: float = 0.0


class Label(Message, frozen=True, kw_only=True, tag="label"):
    """An ImageNet class that the picture is likely to show, rank 1 first; probability 0.3..1.

    An empty name of rank 1 and probability 0: nothing that is known is seen any more.
    """

    stream: str
    rank: int
    name: str
    probability: float


class Attribute(Message, frozen=True, kw_only=True, tag="attribute"):
    """One attribute of the last two bars, once a bar.

    density: notes; register: mean MIDI pitch; range and step_size: semitones; syncopation: 0 on the beat .. 1 off it.
    """

    stream: str
    name: str
    value: float
    step: int = 0


class Key(Message, frozen=True, kw_only=True, tag="key"):
    """The most probable key of the last eight bars, such as `D minor`, with its certainty 0..1; once a bar."""

    stream: str
    name: str
    certainty: float
    step: int = 0


class Link(Message, frozen=True, kw_only=True, tag="link"):
    """A reading and an attribute that moved together over the last minute: correlation -1..1, strongest first.

    Sent every two bars, only where it is beyond chance. Correlation 0 withdraws a link published before.
    """

    stream: str
    reading: str
    attribute: str
    correlation: float


class Status(Message, frozen=True, kw_only=True, tag="status"):
    """The state of a stream, once a second and whenever it changes. Counts are totals since the server started.

    `frames_per_second` pictures arrive and are followed in layout, colour and motion; `features_per_second` of them
    are followed in content too. For a host's own features, the second rate is that of all vectors. `latency_ms` is
    how long it takes from a picture's arrival until the music follows it, `end_to_end_ms` from the picture's `time`.
    `sync_delay_ms` is the mean time from there (or from the arrival, where pictures have no `time`) until the notes
    that answer are due: a host that shows its pictures so much later shows them with their music.
    `dropped_notes` would have begun later than the setting `late_ms` allows, and were not begun. `lead_ms` is how
    long before its sixteenth a step is decided now: the setting of this name, or more where many streams need it.
    """

    stream: str
    state: Literal["waiting", "playing", "stopped", "idle", "recovering"]
    message: str
    tempo: float
    step: int = 0
    frames_per_second: float
    features_per_second: float = 0.0
    latency_ms: float
    end_to_end_ms: float = 0.0
    sync_delay_ms: float = 0.0
    frames: int = 0
    dropped_frames: int
    refused: int = 0
    late_steps: int = 0
    notes: int = 0
    lateness_p99_ms: float = 0.0
    restarts: int = 0
    dropped_notes: int = 0
    lead_ms: float = 0.0


Teaching = Teach | TeachMidi | TeachDirection | TeachList | TeachRemove | TeachUndo
Request = Teaching | Calibrate | Save
Answer = Anchors | Calibrated | Saved
ForHost = Hello | Goodbye | Subscribe | Deliver
ForStream = Frame | Features | Channel | Set | Get | Bind | Start | Stop | Forget
ForAll = Tempo | Beat | Tap | Panic | Ping
Incoming = ForHost | ForStream | ForAll | Request
Annotation = Label | Attribute | Key | Link
Reported = Status | Latent | Expression | Annotation
Outgoing = Welcome | Subscribed | Value | Bound | Answer | Pong | Error | Note | NoteOff | Reported
TOPICS: dict[type[Message], bytes] = {
    Note: b"note", NoteOff: b"note", Status: b"status", Latent: b"latent", Expression: b"expression",
    Label: b"label", Attribute: b"attribute", Key: b"key", Link: b"link",
}  # fmt: skip
