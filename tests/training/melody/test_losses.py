"""The blur: latents along a plan are the posterior's samples, or those turned towards noise."""

import numpy as np
import torch

from score_bridge.models.melody.vae import MelodyVAE
from score_bridge.music.tokens import PHRASE_STEPS
from score_bridge.training.melody.losses import Code, Weights, _along, _Path, scene_losses
from score_bridge.training.melody.sequence_sampler import SceneSampler
from tests.tiny import TINY, tiny_posterior
from tests.training.made import scales

BATCH, SIZE, NAMED, STEPS = 512, 64, 5, 128


def _code() -> Code:
    """Codes as a posterior has them: means of unit length an axis, samples a little beside them."""
    mean = torch.randn(BATCH * 4, SIZE)
    return Code(mean, mean + 0.3 * torch.randn_like(mean))


def _plan() -> torch.Tensor:
    steps = torch.arange(STEPS) // PHRASE_STEPS
    plan = torch.arange(BATCH)[:, None] * 4 + steps
    plan[:, 70:] = plan[:, :1].roll(1, 0)
    return plan


def _held(plan: torch.Tensor) -> _Path:
    """A path on which no phrase fades into another."""
    return _Path(plan, plan, torch.zeros(plan.shape))


def test_without_a_blur_latents_are_the_samples_themselves() -> None:
    torch.manual_seed(0)
    code, plan = _code(), _plan()
    latents = _along(code, _held(plan), NAMED, 0.0)
    assert latents.shape == (BATCH, STEPS, SIZE)
    torch.testing.assert_close(latents, code.sample[plan], rtol=0, atol=1e-6)


def test_blurred_latents_stay_as_long_as_latents_are() -> None:
    torch.manual_seed(0)
    code, plan = _code(), _plan()
    norms = _along(code, _held(plan), NAMED, 1.0).norm(dim=-1)
    longest = code.sample.norm(dim=-1).max()
    assert norms.max() < 1.5 * longest
    assert norms.pow(2).mean() < 1.1 * code.sample.pow(2).sum(1).mean()
    assert norms.min() > 0.1


def test_half_of_the_blurred_sequences_keep_their_named_axes() -> None:
    torch.manual_seed(0)
    mean = torch.randn(BATCH * 4, SIZE)
    plan = _plan()
    away = _along(Code(mean, mean), _held(plan), NAMED, 1.0) - mean[plan]
    kept = (away[..., :NAMED].abs().amax(dim=(1, 2)) < 1e-6).float().mean()
    assert 0.4 < kept < 0.6
    assert away[..., NAMED:].abs().amax(dim=(1, 2)).min() > 0


def test_noise_is_held_as_long_as_its_phrase() -> None:
    torch.manual_seed(0)
    latents = _along(_code(), _held(_plan()), NAMED, 1.0)
    assert torch.equal(latents[:, 32:64], latents[:, 32:33].expand(-1, 32, -1))
    assert not torch.equal(latents[:, 31], latents[:, 32])


def test_the_loss_is_the_weighed_sum_of_its_parts() -> None:
    torch.manual_seed(0)
    scenes = SceneSampler(scales().lines("train")).draw(np.random.default_rng(0), 4)
    weights = Weights(beta=0.3, free_nats=0.01, attributes=0.7, outline=0.9, spread=0.0)
    parts = scene_losses(MelodyVAE(TINY), scenes, weights, tiny_posterior().quantiles, torch.device("cpu"))
    loss = parts["reconstruction"] + 0.3 * (parts["divergence"] - 0.01)
    torch.testing.assert_close(parts["loss"], loss + 0.7 * parts["attributes"] + 0.9 * parts["outline"])
