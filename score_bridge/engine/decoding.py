"""The melody decoder at work: batches of streams, constrained and seeded draws, memory that survives gaps."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from score_bridge.engine.band import NOBODY, Players
from score_bridge.engine.draws import DrawKey, at_its_place, draw_token
from score_bridge.engine.state import StreamState, VoiceState
from score_bridge.engine.telling import Passage, teller_of
from score_bridge.mapping.latent_map import Target
from score_bridge.models.melody.player import PlayableMelody, Stepped, foreseen_length
from score_bridge.music.scales import allowed_tokens
from score_bridge.music.tokens import HOLD, START
from score_bridge.wire.controls import Controls

Floats = NDArray[np.float32]

LONGEST_GAP = 16  # missed steps that are filled with holds
LONGEST_ABSENCE = 64  # the same of a stream whose engine died: four bars


class Foreseen(NamedTuple):
    """What is known of a step before its token is drawn: logits (90,), and (32,) of how long a note would last.

    Lengths are None where the network foresees them only from a latent.
    """

    logits: Floats
    lengths: Floats | None


class Decoder:
    """A melody model ready for steps. Holds weights only; all memory is in the streams' `VoiceState`."""

    def __init__(self, melody: PlayableMelody, players: Players = NOBODY) -> None:
        self.melody, self.players = melody, players
        self.history = melody.player.history
        self.directions = melody.info.directions
        self.character = melody.info.character
        self.teller = teller_of(melody)

    @property
    def target(self) -> Target:
        """Where pictures are mapped to: the space of places."""
        return self.teller.target

    def warm(self) -> None:
        """Run once, so that the first real step is as quick as the rest."""
        told = self.teller.condition(self.target.mean, StreamState(""), Controls(), Passage())
        for _ in range(3):
            self.advance([VoiceState(), VoiceState()], [told] * 2, 0)
            [foreseen], _ = self.advance([VoiceState()], [told], 0)
            self.foreseen_steps(foreseen, told, 0)

    def advance(
        self, batch: Sequence[VoiceState], conditions: Sequence[Floats], n: int, reaches: Sequence[int] | None = None
    ) -> tuple[list[Foreseen], list[VoiceState]]:
        """What is foreseen of step n for each of B streams, and each with its memory brought up to it.

        reaches: how many steps back each may look, all there are by default.
        """
        far = [self.history] * len(batch) if reaches is None else reaches
        ready = [replace(p, reach=reach) for p, reach in zip(self._caught_up(batch, n), far, strict=True)]
        tokens = [p.tokens[-1] if p.tokens else START for p in ready]
        played = self._run(tokens, n, np.stack(conditions), ready)
        lengths = [None] * len(ready) if played.lengths is None else list(played.lengths)
        foreseen = [Foreseen(*pair) for pair in zip(played.logits, lengths, strict=True)]
        return foreseen, [replace(p, cache=m) for p, m in zip(ready, played.memories, strict=True)]

    def draw(self, logits: Floats, controls: Controls, key: DrawKey, only: NDArray[np.bool_] | None = None) -> int:
        """Draw a token among those that root, scale and range allow, and of these among `only` (90,) if it has any.

        The noise belongs to the place in the phrase, so that the same latent draws the same notes and
        a near one nearly the same; the share `variation` of the steps get noise of their own.
        """
        c = controls
        allowed = allowed_tokens(c.root, c.scale, c.lowest, c.highest, c.transpose)
        return draw_token(logits, allowed, only, at_its_place(key, c.variation), c.temperature)

    def foreseen_steps(self, foreseen: Foreseen, condition: Floats, n: int) -> int:
        """How many steps a note that begins at step n lasts, 1..32, as far as that can be foreseen."""
        if foreseen.lengths is not None:
            return int(foreseen.lengths.argmax()) + 1
        return foreseen_length(self.melody.player.outline(condition), n)

    def rebuilt(self, played: VoiceState, until: int | None = None) -> VoiceState:
        """Restore the decoder's memory after a restart, from the remembered tokens and latents in one pass.

        until: the last step that was missed; the steps since are holds. After a long absence nothing is remembered.
        """
        missed = max(0, until - played.step) if until is not None and played.step >= 0 else 0
        if not played.tokens or missed > LONGEST_ABSENCE:
            return VoiceState(step=played.step + missed, first=played.step + missed + 1)
        played = self._with_holds(played, missed)
        begin = played.step - len(played.tokens) + 1
        memory = self.melody.player.replay(
            [START, *played.tokens[:-1]],
            range(begin, played.step + 1),
            np.stack(played.conditions),
            [min(reach, self.history - 1) for reach in played.reaches],
        )
        return replace(played, first=begin, cache=memory, held=None)

    def _caught_up(self, batch: Sequence[VoiceState], n: int) -> list[VoiceState]:
        """Fill short gaps of missed steps with holds, one step at a time for all; begin anew after a long one."""
        missed = [n - p.step - 1 for p in batch]
        ready = [
            replace(p, cache=self.melody.player.begin(), first=n, tokens=(), conditions=(), reaches=())
            if p.cache is None or p.step < 0 or not 0 <= gap <= LONGEST_GAP
            else p
            for p, gap in zip(batch, missed, strict=True)
        ]
        for step in range(n - LONGEST_GAP, n):
            late = [i for i, p in enumerate(ready) if p.tokens and p.step == step - 1]
            held = self._held([ready[i] for i in late], step) if late else []
            for i, p in zip(late, held, strict=True):
                ready[i] = p
        return ready

    def _held(self, batch: Sequence[VoiceState], n: int) -> list[VoiceState]:
        """Let each play a hold at step n."""
        told = np.stack([p.conditions[-1] for p in batch])
        played = self._run([p.tokens[-1] for p in batch], n, told, batch)
        return [replace(self._with_holds(p, 1), cache=m) for p, m in zip(batch, played.memories, strict=True)]

    def _with_holds(self, played: VoiceState, count: int) -> VoiceState:
        """Record that `count` holds were played, without the memory of it."""
        return replace(
            played, step=played.step + count, tokens=(*played.tokens, *[HOLD] * count)[-self.history :],
            conditions=(*played.conditions, *[played.conditions[-1]] * count)[-self.history :],
            reaches=(*played.reaches, *[played.reach] * count)[-self.history :],
        )  # fmt: skip

    def _run(self, tokens: Sequence[int], n: int, told: Floats, batch: Sequence[VoiceState]) -> Stepped:
        near = [min(n - p.first, p.reach, self.history - 1) for p in batch]
        memories = [p.cache if p.cache is not None else self.melody.player.begin() for p in batch]
        return self.melody.player.step(tokens, [n] * len(batch), told, memories, near)
