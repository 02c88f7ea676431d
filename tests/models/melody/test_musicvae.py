from collections.abc import Sequence

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from score_bridge.engine.decoding import Decoder
from score_bridge.engine.pipeline import StepResult, StepTime, play
from score_bridge.engine.snapshot import pack_state, unpack_state
from score_bridge.engine.state import StreamState, VoiceState
from score_bridge.models.melody.checkpoint import load_melody
from score_bridge.models.melody.musicvae import REMEMBERED_OUTLINES, MusicVAEDecoder
from score_bridge.models.melody.musicvae_import import decoder_of, import_musicvae
from score_bridge.models.melody.torch_player import playable
from score_bridge.music.tokens import START
from score_bridge.wire.controls import Controls
from score_bridge.wire.messages import LEAD
from tests.published import LATENT, Oracle, tensors, write_deeplearn

CPU = torch.device("cpu")


def _latents(steps: int, *changes: int, seed: int = 0) -> NDArray[np.float64]:
    """(T, Z), another z from every step of `changes` on."""
    rng = np.random.default_rng(seed)
    which = np.searchsorted(np.array(changes), np.arange(steps), side="right")
    return rng.standard_normal((len(changes) + 1, LATENT)).astype(np.float32)[which].astype(np.float64)


def _play(network: MusicVAEDecoder, latents: Sequence[NDArray[np.float64]]) -> tuple[Tensor, Tensor]:
    """Logits (T, B, 90) and tokens (T, B) of streams played together, the likeliest token at every step."""
    z = torch.from_numpy(np.stack(latents, axis=1)).float()
    token, cache = torch.full((len(latents),), START), network.empty_cache(len(latents))
    rows, tokens = [], []
    for n in range(len(z)):
        position = torch.full_like(token, n)
        logits, _, cache = network.step(token, position, z[n], cache, torch.zeros_like(token))
        token = logits.argmax(-1)
        rows.append(logits)
        tokens.append(token)
    return torch.stack(rows), torch.stack(tokens)


@pytest.mark.parametrize("layers", [(9,), (12, 7), (6, 8, 5)])
@pytest.mark.parametrize("changes", [(), (32,), (5,), (13, 45, 46)])
def test_it_plays_what_the_published_maths_play(layers: tuple[int, ...], changes: tuple[int, ...]) -> None:
    weights, latents = tensors(layers), _latents(80, *changes)
    wanted, tokens = Oracle(weights).play(latents)
    logits, played = _play(decoder_of(weights), [latents])
    np.testing.assert_allclose(logits[:, 0], wanted, atol=1e-3)
    assert played[:, 0].tolist() == tokens
    assert len(set(tokens)) > 3


def test_a_new_latent_is_heard_at_the_very_next_step() -> None:
    network = decoder_of(tensors())
    stays, changes = _latents(32), _latents(32, 13)
    logits, _ = _play(network, [stays, changes])
    torch.testing.assert_close(logits[:13, 0], logits[:13, 1], atol=1e-5, rtol=1e-5)
    assert not torch.allclose(logits[13, 0], logits[13, 1], atol=0.1)


def test_three_streams_together_play_what_they_play_alone() -> None:
    network = decoder_of(tensors())
    latents = [_latents(70, 20, 40, seed=i) for i in range(3)]
    together, tokens = _play(network, latents)
    for i, own in enumerate(latents):
        alone, own_tokens = _play(network, [own])
        torch.testing.assert_close(together[:, i], alone[:, 0], atol=1e-4, rtol=1e-4)
        assert torch.equal(tokens[:, i], own_tokens[:, 0])


def test_streams_of_a_batch_may_stand_at_different_places() -> None:
    """One begins in mid-phrase, one begins a phrase, one is within it."""
    network = decoder_of(tensors())
    z = torch.from_numpy(_latents(3, 1, 2)).float()
    cache = tuple(torch.randn_like(part) for part in network.empty_cache(3))
    token, position = torch.tensor([START, 40, 40]), torch.tensor([45, 64, 45])
    kept = cache[0].clone()
    logits, _, (after,) = network.step(token, position, z, cache, position)
    assert torch.equal(cache[0], kept)
    for i in range(3):
        row = slice(i, i + 1)
        one, _, (state,) = network.step(token[row], position[row], z[row], (kept[row],), position)
        torch.testing.assert_close(logits[i], one[0], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(after[i], state[0], atol=1e-5, rtol=1e-5)
    begun = network.step(torch.tensor([START]), torch.tensor([0]), z[:1], network.empty_cache(1), position)[0]
    torch.testing.assert_close(logits[0], begun[0], atol=1e-5, rtol=1e-5)


def test_the_outline_is_that_of_the_phrase_and_is_remembered() -> None:
    weights = tensors()
    network = decoder_of(weights)
    oracle = Oracle(weights)
    latents = torch.from_numpy(_latents(REMEMBERED_OUTLINES + 9, *range(1, REMEMBERED_OUTLINES + 9))).float()
    for z in latents:
        outline = network.outline(z[None])
        assert outline.shape == (1, 32, 3)
        assert network.outline(z[None]) is outline
    _, tokens = oracle.play(np.tile(latents[-1].double().numpy(), (32, 1)))
    assert outline[0].argmax(-1).tolist() == [min(token, 2) for token in tokens]
    assert network.outline(latents).shape == (len(latents), 32, 3)
    assert len(network._outlines) == REMEMBERED_OUTLINES


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Decoder:
    folder = tmp_path_factory.mktemp("musicvae")
    import_musicvae(write_deeplearn(folder / "tiny", tensors()), folder / "tiny.safetensors")
    return Decoder(playable(load_melody(folder / "tiny.safetensors", CPU)))


def _decide(decoder: Decoder, state: StreamState, steps: range) -> tuple[list[StepResult], StreamState]:
    decided = []
    for n in steps:
        z = np.random.default_rng(n // 10).standard_normal(LATENT).astype(np.float32)
        [([result], state)] = play([state], [z], [Controls(temperature=0.8)], StepTime(n, n * 0.125, 0.125), decoder)
        decided.append(result)
    return decided, state


def test_the_engine_plays_it_and_a_restart_is_not_heard(decoder: Decoder) -> None:
    decoder.warm()
    unbroken, _ = _decide(decoder, StreamState("main"), range(100))
    assert len({d.token for d in unbroken}) > 10
    assert sum(len(d.events) for d in unbroken) > 10
    begun, state = _decide(decoder, StreamState("main"), range(75))
    revived = unpack_state(pack_state(state))
    played = decoder.rebuilt(revived.lead)
    resumed, _ = _decide(decoder, StreamState("main", voices={LEAD: played}), range(75, 100))
    assert [d.token for d in begun + resumed] == [d.token for d in unbroken]


def test_a_stream_that_begins_in_mid_phrase_begins_from_its_latent(decoder: Decoder) -> None:
    z = np.random.default_rng(3).standard_normal(LATENT).astype(np.float32)
    foreseen, _ = decoder.advance([VoiceState(), VoiceState()], [z, z], 45)
    logits = np.stack([row.logits for row in foreseen])
    wanted, _ = Oracle(tensors()).play(z[None].astype(np.float64))
    np.testing.assert_allclose(logits, np.tile(wanted, (2, 1)), atol=1e-3)
