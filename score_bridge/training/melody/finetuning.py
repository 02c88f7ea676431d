"""From weights there are: where a run begins, and what keeps an own style near to it.

Few phrases teach a style fast and everything else away. What holds on to what the model knew: it hears its own music
beside the new (see `dreams`); every step goes a small share of the way back to the starting weights (L2-SP, Li et al.
2018, decoupled as in AdamW); and where melodies lie is told by new phrases and old model together, by their numbers.
"""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from score_bridge.corpus.types import Tokens
from score_bridge.errors import ModelError
from score_bridge.models.melody.checkpoint import MelodyModel, Posterior, load_melody, trainable
from score_bridge.models.melody.vae import MelodyConfig, MelodyVAE
from score_bridge.training.checkpoints import CHECKPOINT, read_note, write_note
from score_bridge.training.melody.recipe import Recipe
from score_bridge.training.melody.rehearsal import beside, dreams

FROM = "from.json"


@dataclass(frozen=True)
class Beginning:
    """The network before its first step, and the model whose weights it has, if any."""

    network: MelodyVAE
    model: MelodyModel | None = None

    @classmethod
    def of(cls, recipe: Recipe, config: MelodyConfig, device: torch.device) -> "Beginning":
        """Draw a network of sizes `config`, or load the weights to start from; ModelError where that cannot be."""
        if not recipe.start:
            return cls(MelodyVAE(config).to(device))
        model = load_melody(Path(recipe.start), device)
        return cls(deepcopy(trainable(model)).requires_grad_(True).train(), model)

    def note(self, run: Path, own_style: bool) -> None:
        """Keep in the run what it began from. Raises ModelError when it goes on and began from something else."""
        identity = self.model.identity if self.model is not None else None
        began = read_note(run / FROM)
        if (run / CHECKPOINT).exists() and began != identity and (began is not None or own_style):
            from_what = f"from {began['name']} {began['sha256'][:8]}" if began else "as a new model"
            raise ModelError(f"{run} began {from_what}; go on as it began (--from), or in another folder (--run)")
        if identity is not None:
            write_note(run / FROM, identity)

    def among(self, lines: list[Tokens], recipe: Recipe) -> list[Tokens]:
        """Lines to learn from: for an own style, among what the starting model plays of itself."""
        if self.model is None or not recipe.own_style:
            return lines
        return beside(lines, dreams(self.model, recipe.seed))

    @torch.no_grad()
    def pull(self, network: MelodyVAE, share: float) -> None:
        """Move weights a `share` of the way back to where they began."""
        if share and self.model is not None:
            for now, then in zip(network.parameters(), trainable(self.model).parameters(), strict=True):
                now.lerp_(then, share)


def together(own: Posterior, phrases: int, start: Posterior) -> Posterior:
    """Where melodies lie by `phrases` of one's own and by the starting model, which counts as Z phrases.

    So few phrases span only some of the Z axes, and pictures would be led to nothing but those. Means and covariances
    are averaged by number; the table of attributes is the starting model's.
    """
    size = len(own.mean)
    share = phrases / (phrases + size)
    mean = share * own.mean + (1 - share) * start.mean
    variances, axes = np.linalg.eigh(share * _covariance(own) + (1 - share) * _covariance(start))
    variances = np.maximum(variances[::-1], 0)
    return Posterior(
        mean=mean.astype(np.float32),
        axes=axes[:, ::-1].T.astype(np.float32),
        std=np.sqrt(variances).astype(np.float32),
        rms=float(np.sqrt(share * own.rms**2 + (1 - share) * start.rms**2)),
        quantiles=start.quantiles,
    )


def _covariance(posterior: Posterior) -> NDArray[np.float64]:
    axes = posterior.axes.astype(np.float64)
    covariance: NDArray[np.float64] = (axes.T * posterior.std.astype(np.float64) ** 2) @ axes
    return covariance
