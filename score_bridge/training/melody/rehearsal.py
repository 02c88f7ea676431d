"""What a model knows, played by itself, to be learned again beside new pieces so that those do not drive it out.

Pseudo-rehearsal (Robins 1995, "Catastrophic forgetting, rehearsal and pseudorehearsal"): the music the model learned
from is not there, but the model can play its like.
"""

import numpy as np
import torch

from score_bridge.corpus.types import Tokens
from score_bridge.models.melody.checkpoint import MelodyModel, trainable
from score_bridge.music.tokens import PHRASE_STEPS
from score_bridge.training.melody.metrics import play
from score_bridge.training.melody.sequence_sampler import PHRASES

LINES = 64


def dreams(model: MelodyModel, seed: int) -> list[Tokens]:
    """Play 64 lines of eight bars, each phrase from a random place where melodies lie, at temperature 1."""
    generator, p = torch.Generator().manual_seed(seed), model.posterior
    device = trainable(model).place.device
    noise = torch.randn(LINES * PHRASES, len(p.mean), generator=generator) * torch.from_numpy(p.std)
    latents = (torch.from_numpy(p.mean) + noise @ torch.from_numpy(p.axes)).view(LINES, PHRASES, -1)
    along = latents.repeat_interleave(PHRASE_STEPS, dim=1).to(device)
    played = play(model.network, along, 1.0, generator).cpu().numpy().astype(np.uint8)
    return list(played)


def beside(own: list[Tokens], dreamt: list[Tokens]) -> list[Tokens]:
    """Concatenate both, repeating one's own lines until they are at least half of the total."""
    times = round(sum(map(len, dreamt)) / sum(map(len, own)))
    return own * max(times, 1) + dreamt
