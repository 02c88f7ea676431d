"""Events that the engine's core handles, and effects that it asks for: frozen values.

Events and effects that also cross a process boundary are the messages of `wire.internal`, used as they are.
"""

from dataclasses import dataclass

from score_bridge.engine.observing import Observation, Picture
from score_bridge.engine.state import StreamState
from score_bridge.mapping.show import Show
from score_bridge.models.picture.look import Look
from score_bridge.vision.pixels import Rgb
from score_bridge.wire import internal

# --- events --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class PictureSeen:
    """Picture `seq` of a stream was received at `time` seconds, and is decoded."""

    stream: str
    seq: int
    time: float
    picture: Picture


@dataclass(frozen=True)
class FeaturesGiven:
    """A host's own vector number `seq` was received at `time` seconds."""

    stream: str
    seq: int
    time: float
    values: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class ContentReady:
    """The content of picture `seq`, received at `time` seconds, is encoded."""

    stream: str
    seq: int
    time: float
    look: Look


@dataclass(frozen=True, eq=False)
class ObservationMade:
    """A picture was read elsewhere, such as one of a film that was read before it is played."""

    stream: str
    observation: Observation


@dataclass(frozen=True)
class RequestReceived:
    """A host asks something of a stream; `midi` is the file that may come with it."""

    request: internal.EngineRequest
    midi: bytes | memoryview = b""


@dataclass(frozen=True, eq=False)
class StateRestored:
    """A stream goes on from a state; a voice without the decoder's memory gets it back from its tokens.

    until: the last step that it missed meanwhile; None = it missed none.
    """

    state: StreamState
    until: int | None = None


@dataclass(frozen=True, eq=False)
class ShowSaved:
    """New streams begin as this show says."""

    show: Show


@dataclass(frozen=True)
class StepSent:
    """The notes of this step are on their way: there is time for what can wait."""

    step: internal.Step


Event = (
    PictureSeen | FeaturesGiven | ContentReady | ObservationMade | RequestReceived | StateRestored | ShowSaved
    | StepSent | internal.Step | internal.Release
)  # fmt: skip

# --- effects -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class EncodeContent:
    """The content of this picture, (128, 128, 3) RGB, is wanted: answer with `ContentReady`."""

    stream: str
    seq: int
    time: float
    image: Rgb


@dataclass(frozen=True, eq=False)
class KeepSnapshot:
    """The stream as it is now is to be kept against a crash."""

    state: StreamState


@dataclass(frozen=True, eq=False)
class SaveShow:
    """The stream is to be written to the show file: answer the request `ask`, and report with `ShowSaved`.

    controls: what it and the tempo are set to, "name value".
    """

    ask: int
    state: StreamState
    controls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Defer:
    """Handle this event once all effects before it are carried out."""

    event: Event


Effect = (
    EncodeContent | KeepSnapshot | SaveShow | Defer | internal.Observed | internal.Stepped | internal.Annotations
    | internal.StreamWarning | internal.EngineReply
)  # fmt: skip
