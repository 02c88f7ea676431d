"""An engine's core driven by hand: what it wants done is kept, and what can be done at once is done."""

from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.core import EngineCore
from score_bridge.engine.events import (
    ContentReady,
    Defer,
    Effect,
    EncodeContent,
    Event,
    FeaturesGiven,
    PictureSeen,
    RequestReceived,
    SaveShow,
    ShowSaved,
    StateRestored,
)
from score_bridge.engine.models import EngineModels
from score_bridge.engine.requests.show_io import save_stream, show_at_start
from score_bridge.engine.state import PictureState, StreamState
from score_bridge.settings import Settings
from score_bridge.vision.pixels import Rgb
from score_bridge.wire import internal
from score_bridge.wire.bindings import Bindings
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import Request

STEP_S = 0.125
E = TypeVar("E")


@dataclass
class Rig:
    """A core with its models; content is encoded at once, in no time."""

    models: EngineModels
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        s = self.settings
        self.show = show_at_start(s, self.models)
        self.core = EngineCore(self.models.decoder, self.models.groups, s.controls, s.seed, self.show)
        self.wanted: list[Effect] = []
        self.n = 0

    def handle(self, event: Event) -> None:
        for effect in self.core.handle(event):
            match effect:
                case Defer():
                    self.handle(effect.event)
                case EncodeContent():
                    assert self.models.look is not None
                    look = self.models.look(effect.image)
                    self.handle(ContentReady(effect.stream, effect.seq, effect.time, look))
                case SaveShow():
                    show, answer = save_stream(effect, self.models, self.settings)
                    if show is not None:
                        self.handle(ShowSaved(show))
                    self.wanted.append(answer)
                case _:
                    self.wanted.append(effect)

    def of(self, kind: type[E]) -> list[E]:
        """What was wanted of one kind, in order."""
        return [effect for effect in self.wanted if isinstance(effect, kind)]

    def state(self, stream: str = "main") -> StreamState:
        return self.core.state(stream)

    def change(self, **fields: Any) -> None:
        """Set fields of the stream's picture side."""
        state = self.state()
        self.handle(StateRestored(replace(state, picture=replace(state.picture, **fields))))

    @property
    def picture(self) -> PictureState:
        return self.state().picture

    def see(self, *values: NDArray[np.float32], stream: str = "main") -> None:
        """Give a host's own vectors."""
        for one in values:
            self.handle(FeaturesGiven(stream, self.n, self.n * STEP_S, tuple(map(float, one))))

    def show_picture(self, rgb: Rgb, time: float, stream: str = "main") -> None:
        self.handle(PictureSeen(stream, self.n, time, self.models.prepare(rgb)))

    def step(self, controls: Controls, bindings: Bindings = (), stream: str = "main") -> internal.Stepped:
        """Decide one step; return what the lead voice plays."""
        part = internal.StreamStep(stream, controls, bindings)
        self.handle(internal.Step(n=self.n, due=self.n * STEP_S, seconds_per_step=STEP_S, streams=(part,)))
        self.n += 1
        return [s for s in self.of(internal.Stepped) if s.stream == stream and s.voice == 0][-1]

    def ask(self, request: Request, midi: bytes = b"", **set_to: Any) -> Any:
        """Return the answer, or the refusal's words; `set_to`: what the bridge has the stream set to."""
        asked = internal.EngineRequest(ask=7, source=request, time=self.n * STEP_S, **set_to)
        self.handle(RequestReceived(asked, midi))
        answered = self.wanted[-1]
        assert isinstance(answered, internal.EngineReply)
        assert answered.ask == 7
        return answered.answer or f"{answered.refused_kind}: {answered.refused}"
