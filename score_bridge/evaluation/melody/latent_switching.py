"""How a decoder answers a latent that changes, that trembles, that rests and that returns."""

import torch
from torch import Tensor

from score_bridge.evaluation.melody.probe import Subject, likeliest
from score_bridge.music.tokens import PHRASE_STEPS
from score_bridge.training.melody.metrics import along

TREMBLES = (0.02, 0.05, 0.1, 0.2, 0.5)


def measure_switch(subject: Subject, seed: int) -> dict[str, float]:
    """Switch to another phrase's latent at a random step, two bars of history before it.

    swap_agreement: tokens of the new phrase from there on, as a share of what is right without a switch;
    swap_chance: the same for the phrase that was playing; swap_delay_steps: median of the steps until the first token
    that would not have been played; swap_delay_best: of those until the two phrases differ.
    """
    z, wanted, count = subject.latents, subject.wanted, len(subject.latents)
    other, new = z.roll(1, 0), wanted.roll(1, 0)
    at = torch.randint(1, PHRASE_STEPS - 4, (count, 1), generator=torch.Generator().manual_seed(seed))
    after = torch.arange(PHRASE_STEPS)[None] >= at
    changing = torch.cat((along(z), torch.where(after[..., None], along(other), along(z))), dim=1)
    played = likeliest(subject.network, changing)[:, PHRASE_STEPS:]
    stayed = likeliest(subject.network, along(z).repeat(1, 2, 1))[:, PHRASE_STEPS:]
    unswapped = _share(stayed == wanted)
    return {
        "swap_agreement": _share((played == new)[after]) / unswapped,
        "swap_chance": _share((wanted == new)[after]) / unswapped,
        "swap_delay_steps": _delay(played != stayed, at),
        "swap_delay_best": _delay(wanted != new, at),
    }


def measure_noise_response(subject: Subject, seed: int) -> dict[str, float]:
    """Share of tokens that change when noise of a given size is added to the latents, at temperature 0."""
    still = likeliest(subject.network, along(subject.latents))
    noise = torch.randn(subject.latents.shape, generator=torch.Generator().manual_seed(seed))
    return {
        f"{size:g}": _share(likeliest(subject.network, along(subject.latents + size * noise)) != still)
        for size in TREMBLES
    }


def measure_return(subject: Subject) -> dict[str, float]:
    """Tokens equal, at temperature 0, when a latent rests and when it comes back after four bars of another.

    motif_return: the first phrase against the fourth, of a b b a; motif_chance: the first against the third;
    still_repeat: the second phrase of a latent that rests against the fourth.
    """
    a, b = along(subject.latents), along(subject.latents.roll(1, 0))
    first, _, third, fourth = likeliest(subject.network, torch.cat((a, b, b, a), dim=1)).chunk(4, dim=1)
    _, second, _, last = likeliest(subject.network, a.repeat(1, 4, 1)).chunk(4, dim=1)
    return {
        "motif_return": _share(first == fourth),
        "motif_chance": _share(first == third),
        "still_repeat": _share(second == last),
    }


def _delay(differs: Tensor, at: Tensor) -> float:
    """Median of the steps from `at` (N, 1) to the first True of (N, T) from there on; what never differs is left."""
    steps = torch.arange(differs.shape[1])[None]
    later = differs & (steps >= at)
    some = later.any(1)
    first = later.int().argmax(1)[some]
    return float((first - at[some, 0]).float().median()) if some.any() else float("nan")


def _share(right: Tensor) -> float:
    return float(right.float().mean())
