"""What a model knows, played by itself, to be learned again beside new pieces so that those do not drive it out.

Pseudo-rehearsal (Robins 1995, "Catastrophic forgetting, rehearsal and pseudorehearsal"): the music the model learned
from is not there, but the model can play its like.
"""

import numpy as np
import torch
from torch import Tensor

from score_bridge.corpus.types import Tokens
from score_bridge.models.melody.checkpoint import MelodyModel, trainable
from score_bridge.models.melody.condition import tell_character
from score_bridge.music.tokens import PHRASE_STEPS
from score_bridge.training.melody.metrics import play
from score_bridge.training.melody.sequence_sampler import PHRASES

LINES = 64


def dreams(model: MelodyModel, seed: int) -> list[Tokens]:
    """Play 64 lines of eight bars at temperature 1, each phrase of a character, or a place, that melodies have."""
    generator = torch.Generator().manual_seed(seed)
    told = _likely(model, LINES * PHRASES, seed).view(LINES, PHRASES, -1)
    along = told.repeat_interleave(PHRASE_STEPS, dim=1).to(trainable(model).place.device)
    played = play(model.network, along, 1.0, generator).cpu().numpy().astype(np.uint8)
    return list(played)


def _likely(model: MelodyModel, count: int, seed: int) -> Tensor:
    """Conditions (N, C) as melodies have them."""
    network, p = trainable(model), model.info.posterior
    if model.info.character is not None:
        scores, keys = map(torch.from_numpy, model.info.character.draw(count, seed))
        return tell_character(network.config.latent, scores, network.config.descriptors, keys).pack()
    noise = torch.randn(count, len(p.mean), generator=torch.Generator().manual_seed(seed)) * torch.from_numpy(p.std)
    return torch.from_numpy(p.mean) + noise @ torch.from_numpy(p.axes)


def beside(own: list[Tokens], dreamt: list[Tokens]) -> list[Tokens]:
    """Concatenate both, repeating one's own lines until they are at least half of the total."""
    times = round(sum(map(len, dreamt)) / sum(map(len, own)))
    return own * max(times, 1) + dreamt
