"""Training sequences of eight bars whose conditions change over time: contiguous melody, jumps, repeats and returns.

Every sequence has a *plan*: for each step, the phrase whose token is wanted there. A contiguous melody, a jump to
another piece, a phrase that repeats and a scene that returns are all plans; tokens and conditions are gathered by the
same plan, so the model learns to obey new conditions at their very first step.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from score_bridge.music.keys import PROFILES_ABOUT_MEAN
from score_bridge.music.tokens import FIRST_ON, PHRASE_STEPS, VOCABULARY
from score_bridge.training.melody.phrase_library import REGISTER, TRANSPOSE, PhraseLibrary

PHRASES = 4
STEPS = PHRASES * PHRASE_STEPS
JUMPS = 2
CONTIGUOUS = 0.5
"""Share of the sequences that are one melody throughout."""


@dataclass(frozen=True)
class Sequences:
    """A batch of B sequences, of 4 B phrases.

    phrases: (4 B, 32) tokens; scores: (4 B, K); key: (4 B,) 0..23; ending: (4 B,) 0..11 from the tonic, -1 for none;
    plan: (B, 128) indices into the phrases; part: (B, 128) how many jumps came before, 0..2.
    """

    phrases: Tensor
    scores: Tensor
    key: Tensor
    ending: Tensor
    plan: Tensor
    part: Tensor

    @property
    def tokens(self) -> Tensor:
        """What is to be played, (B, 128)."""
        place = torch.arange(STEPS, device=self.plan.device) % PHRASE_STEPS
        return self.phrases[self.plan, place]


def draw_sequences(library: PhraseLibrary, batch: int) -> Sequences:
    """Draw `batch` sequences with PyTorch's random numbers; every bar of the library is as likely to begin one."""
    device = library.phrases.device
    begin = torch.randint(len(library), (batch,), device=device)
    first, count = library.first[begin], library.count[begin]
    chosen = first[:, None] + (begin - first)[:, None].add(2 * torch.arange(PHRASES, device=device)) % count[:, None]
    shift = _shifts(library, chosen)
    key = _keys(library.durations[chosen].sum(1))
    tokens = library.phrases[chosen].long()
    moved = torch.where(tokens >= FIRST_ON, tokens + shift[:, None, None], tokens)
    keyless = library.keyless[chosen].clone()
    keyless[..., REGISTER] = library.register[chosen].gather(
        2, (shift + TRANSPOSE)[:, None, None].expand(-1, PHRASES, 1)
    )[..., 0]
    in_key = library.in_key[chosen, key[:, None]]
    last = library.last[chosen]
    ending = torch.where(last < 0, last, (last - key[:, None]) % 12)
    there = (key % 12 + shift) % 12 + key // 12 * 12
    plan, part = _plans(batch, device)
    return Sequences(
        moved.flatten(0, 1), torch.cat((keyless, in_key), -1).flatten(0, 1), there.repeat_interleave(PHRASES),
        ending.flatten(), plan, part,
    )  # fmt: skip


def _shifts(library: PhraseLibrary, chosen: Tensor) -> Tensor:
    """Semitones (B,) by which each sequence of phrases (B, 4) is moved, as far as the vocabulary reaches."""
    low, high = library.lowest[chosen].amin(1), library.highest[chosen].amax(1)
    wanted = torch.randint(-TRANSPOSE, TRANSPOSE + 1, low.shape, device=low.device)
    return wanted.clamp(min=(FIRST_ON - low).clamp(max=0)).minimum((VOCABULARY - 1 - high).clamp(min=0))


def _keys(durations: Tensor) -> Tensor:
    """The key 0..23 that each row of pitch class durations (B, 12) fits best, as `music.keys` finds it."""
    profiles = torch.from_numpy(PROFILES_ABOUT_MEAN).to(durations)
    fits: Tensor = durations @ (profiles / profiles.norm(dim=1, keepdim=True)).T
    return fits.argmax(1)


def _plans(batch: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Which of the batch's phrases each step plays, and how many jumps came before it, (B, 128) each.

    After a jump another sequence goes on, the phrase of the moment repeats, or the first one returns.
    """
    step = torch.arange(STEPS, device=device)
    own = torch.arange(batch, device=device)[:, None] * PHRASES
    plan = own + step // PHRASE_STEPS
    jumps = torch.randint(1, 2 * STEPS, (batch, JUMPS), device=device).sort(1).values
    jumps = jumps.masked_fill(torch.rand(batch, 1, device=device) < CONTIGUOUS, STEPS)
    for k in range(JUMPS):
        at = jumps[:, k : k + 1]
        other = torch.randint(batch, (batch, 1), device=device) * PHRASES + step // PHRASE_STEPS
        held = plan.gather(1, (at - 1).clamp(max=STEPS - 1)).expand_as(plan)
        kind = torch.rand(batch, 1, device=device)
        after = torch.where(kind < 0.5, other, torch.where(kind < 0.75, held, plan[:, :1].expand_as(plan)))
        plan = torch.where(step >= at, after, plan)
    return plan, (step >= jumps[:, :1]).long() + (step >= jumps[:, 1:]).long()
