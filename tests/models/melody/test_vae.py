import pytest
import torch

from score_bridge.models.layers import Layer, rotate
from score_bridge.models.melody.vae import MelodyConfig
from score_bridge.music.tokens import START, VOCABULARY
from tests.tiny import TINY, tiny_network


def _play_steps(tokens: torch.Tensor, latents: torch.Tensor, memory: int) -> torch.Tensor:
    network = tiny_network()
    cache = network.empty_cache(len(tokens))
    previous, rows = torch.full((len(tokens),), START), []
    for t in range(tokens.shape[1]):
        position = torch.full((len(tokens),), t)
        logits, _, cache = network.step(previous, position, latents[:, t], cache, torch.full_like(position, memory))
        rows.append(logits)
        previous = tokens[:, t]
    return torch.stack(rows, dim=1)


def _example(length: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(VOCABULARY, (3, length), generator=generator)
    return tokens, torch.randn(3, length, TINY.latent, generator=generator)


def test_steps_equal_the_full_forward_pass_beyond_the_ring() -> None:
    tokens, latents = _example(3 * TINY.history)
    previous = torch.cat((torch.full((3, 1), START), tokens[:, :-1]), dim=1)
    whole = tiny_network().decode(previous, latents)
    steps = _play_steps(tokens, latents, TINY.history - 1)
    torch.testing.assert_close(steps, whole, atol=1e-4, rtol=1e-4)
    assert torch.equal(steps.argmax(-1), whole.argmax(-1))


def test_memory_zero_forgets_all_but_the_token_before() -> None:
    tokens, latents = _example(32)
    other = tokens.clone()
    other[:, :20] = (other[:, :20] + 7) % VOCABULARY
    forgetful = (_play_steps(tokens, latents, 0), _play_steps(other, latents, 0))
    torch.testing.assert_close(forgetful[0][:, 22:], forgetful[1][:, 22:])
    keen = (_play_steps(tokens, latents, 63), _play_steps(other, latents, 63))
    assert not torch.allclose(keen[0][:, 22:], keen[1][:, 22:])


def test_streams_in_a_batch_do_not_hear_each_other() -> None:
    tokens, latents = _example(32)
    alone = _play_steps(tokens[1:2], latents[1:2], 63)
    torch.testing.assert_close(_play_steps(tokens, latents, 63)[1:2], alone, atol=1e-5, rtol=1e-5)


def test_a_step_keeps_the_cache_it_was_given() -> None:
    network = tiny_network()
    cache = network.empty_cache(1)
    network.step(torch.tensor([START]), torch.tensor([0]), torch.zeros(1, TINY.latent), cache, torch.tensor([0]))
    assert cache[0].abs().sum() == 0


def test_a_latent_that_changes_is_felt_at_that_very_step_and_not_before() -> None:
    tokens, latents = _example(32)
    changed = latents.clone()
    changed[:, 13:] += 1.0
    network = tiny_network()
    before, after = network.decode(tokens, latents), network.decode(tokens, changed)
    torch.testing.assert_close(before[:, :13], after[:, :13])
    assert (before[:, 13] - after[:, 13]).abs().max() > 0.01


def test_rotation_depends_on_distance_alone_even_after_months() -> None:
    generator = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, 1, 1, 1, 16, generator=generator)

    def score(at: int) -> torch.Tensor:
        return (rotate(q, torch.tensor([at + 5])) * rotate(k, torch.tensor([at]))).sum()

    torch.testing.assert_close(score(0), score(250_000_000), atol=1e-4, rtol=1e-4)


def test_posterior_and_outline_shapes() -> None:
    network = tiny_network()
    mean, std = network.encode(torch.zeros(5, 32, dtype=torch.long))
    assert mean.shape == std.shape == (5, TINY.latent)
    assert (std > 0).all()
    assert network.outline(mean).shape == (5, 32, 3)


def test_the_encoder_hears_both_directions() -> None:
    layer = Layer(MelodyConfig().width, MelodyConfig().heads)
    x = torch.randn(1, 8, MelodyConfig().width)
    y = x.clone()
    y[:, -1] = torch.randn(MelodyConfig().width)
    assert not torch.allclose(layer(x)[:, 0], layer(y)[:, 0])


@pytest.mark.parametrize("memory", [0, 16, TINY.history - 1])
def test_replaying_leaves_the_cache_that_stepping_leaves_also_in_mid_phrase_and_across_the_ring(memory: int) -> None:
    network, begin, length = tiny_network(), 5 + 3 * TINY.history, TINY.history
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(0, 90, (2, length), generator=generator)
    previous = torch.cat((torch.full((2, 1), START), tokens[:, :-1]), dim=1)
    latents = torch.randn(2, length, TINY.latent, generator=generator)
    stepped = network.empty_cache(2)
    for i in range(length):
        position = torch.full((2,), begin + i)
        _, _, stepped = network.step(
            previous[:, i], position, latents[:, i], stepped, torch.full((2,), min(i, memory))
        )
    replayed = network.replay(previous, torch.arange(begin, begin + length), latents, torch.full((length,), memory))
    for one, other in zip(stepped, replayed, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)
