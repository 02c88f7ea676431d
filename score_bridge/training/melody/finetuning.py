"""From weights there are: where a run begins, and what keeps an own style near to it.

Few phrases teach a style fast and everything else away. What holds on to what the model knew: it hears its own music
beside the new (see `dreams`); every step goes a small share of the way back to the starting weights (L2-SP, Li et al.
2018, decoupled as in AdamW); and where melodies lie is told by new phrases and old model together, by their numbers.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from score_bridge.corpus.types import Tokens
from score_bridge.errors import ModelError, SettingsError
from score_bridge.models.melody.checkpoint import MelodyModel, load_melody, trainable
from score_bridge.models.melody.melody_file import Posterior
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
        return cls(_told_character(trainable(model), config).to(device), model)

    @property
    def guide(self) -> MelodyVAE:
        """The starting model, to learn strictness from; SettingsError where it is told no character."""
        if self.model is None or self.model.info.character is None:
            raise SettingsError("guidance is learned from a model that is told a character: name one with --from")
        return trainable(self.model)

    def check(self, run: Path, own_style: bool) -> None:
        """Raise ModelError when a run goes on and began from something else."""
        identity = self._identity
        began = read_note(run / FROM)
        if (run / CHECKPOINT).exists() and began != identity and (began is not None or own_style):
            from_what = f"from {began['name']} {began['sha256'][:8]}" if began else "as a new model"
            raise ModelError(f"{run} began {from_what}; go on as it began (--from), or in another folder (--run)")

    def note(self, run: Path) -> None:
        """Keep in the run what it began from."""
        if self._identity is not None:
            write_note(run / FROM, self._identity)

    @property
    def _identity(self) -> dict[str, str] | None:
        return self.model.info.identity if self.model is not None else None

    def among(self, lines: list[Tokens], recipe: Recipe) -> list[Tokens]:
        """Lines to learn from: for an own style, among what the starting model plays of itself."""
        if self.model is None or not recipe.own_style:
            return lines
        return beside(lines, dreams(self.model, recipe.seed))

    @torch.no_grad()
    def pull(self, network: MelodyVAE, share: float) -> None:
        """Move weights a `share` of the way back to where they began."""
        if share and self.model is not None:
            then = dict(trainable(self.model).named_parameters())
            for name, now in network.named_parameters():
                if name in then:
                    now.lerp_(then[name], share)


def _told_character(known: MelodyVAE, config: MelodyConfig) -> MelodyVAE:
    """A network to train with the weights of `known`, whose encoder stays as it is, and with it every phrase's place.

    One that was told no character yet gets what it needs for that, of the size that `config` names.
    """
    sizes = replace(known.config, descriptors=config.descriptors, character_width=config.character_width)
    network = MelodyVAE(known.config if known.config.descriptors else sizes)
    own = network.state_dict()
    network.load_state_dict({**own, **{k: v for k, v in known.state_dict().items() if k in own}})
    for part in (network.encoder, network.encoder_norm, network.encoder_flatten, network.to_posterior):
        part.requires_grad_(False)
    network.encoder_place.requires_grad_(False)
    return network.train()


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
