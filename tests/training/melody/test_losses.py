"""What is told while the model learns, and what its loss is made of."""

import numpy as np
import torch

from score_bridge.models.melody.vae import MelodyVAE
from score_bridge.training.melody.losses import Guidance, Weights, sequence_losses, weighed
from score_bridge.training.melody.phrase_library import PhraseLibrary, measure_scale
from score_bridge.training.melody.sequence_sampler import Sequences, draw_sequences
from score_bridge.training.melody.telling import Code, Telling, draw_conditions
from tests.tiny import TOLD, some_phrases

ALL = Telling(nothing=0, exact=0, related=0, untold=0, partly=0, key=1, ending=1, jitter=0, sampling=0)


def _drawn(batch: int = 64) -> Sequences:
    torch.manual_seed(0)
    lines = [row.ravel() for row in some_phrases(160).reshape(20, 8, 32)]
    return draw_sequences(PhraseLibrary.of(lines, measure_scale(lines, 0), torch.device("cpu")), batch)


def _code(drawn: Sequences) -> Code:
    mean = torch.randn(len(drawn.phrases), 16)
    return Code(mean, 0.3 * torch.ones_like(mean))


def test_told_exactly_the_detail_is_the_phrase_s_own() -> None:
    drawn = _drawn()
    code = _code(drawn)
    told = draw_conditions(code, drawn, Telling(**{**ALL.__dict__, "exact": 1.0}))
    assert not told.way[..., 0].any()
    torch.testing.assert_close(told.detail, code.mean[drawn.plan])


def test_told_nothing_of_the_phrase_there_is_no_detail() -> None:
    drawn = _drawn()
    told = draw_conditions(_code(drawn), drawn, Telling(**{**ALL.__dict__, "nothing": 1.0}))
    assert (told.way[..., 0] == 1).all()
    assert not told.detail.any()


def test_the_level_says_how_far_the_detail_is_turned_towards_noise() -> None:
    drawn = _drawn(256)
    code = _code(drawn)
    told = draw_conditions(code, drawn, ALL)
    own = code.mean[drawn.plan]
    cosine = torch.cosine_similarity(told.detail, own, dim=-1)
    level = told.way[..., 0]
    assert cosine[level < 0.2].mean() > 0.9
    assert abs(cosine[(level > 0.6) & (level < 0.7)].mean() - np.cos(0.65 * np.pi / 2)) < 0.1


def test_a_related_detail_is_that_of_one_phrase_of_the_same_sequence() -> None:
    drawn = _drawn()
    code = _code(drawn)
    told = draw_conditions(code, drawn, Telling(**{**ALL.__dict__, "related": 1.0}))
    assert (told.way[..., 1] == 1).all()
    near = told.way[..., 0] < 0.1
    likest = torch.cdist(told.detail[near], code.mean).argmin(1)
    assert torch.equal(likest // 4, drawn.plan[near] // 4)
    assert (likest != drawn.plan[near]).any()


def test_without_a_key_nothing_is_told_that_needs_one() -> None:
    drawn = _drawn()
    told = draw_conditions(_code(drawn), drawn, Telling(**{**ALL.__dict__, "key": 0.0}))
    assert not told.key.any()
    assert not told.ending.any()
    assert not told.told[..., -8:].any()
    assert told.told[..., :-8].all()


def test_descriptors_that_are_not_told_are_not_in_the_condition() -> None:
    drawn = _drawn()
    told = draw_conditions(_code(drawn), drawn, Telling(**{**ALL.__dict__, "partly": 1.0}))
    packed = told.pack()
    scores = packed[..., 16 + 3 : 16 + 3 + drawn.scores.shape[1]]
    assert 0.3 < told.told.mean() < 0.7
    assert not scores[told.told == 0].any()


def test_the_loss_is_the_weighed_sum_of_its_parts() -> None:
    network = MelodyVAE(TOLD)
    weights = Weights(beta=0.3, free_nats=0.01, length=0.7, spread=0.2, strict=0.4)
    parts = sequence_losses(network, _drawn(4), 0.5, Telling(), encoder=True)
    loss = parts["reconstruction"] + 0.7 * parts["length"] + 0.3 * (parts["divergence"] - 0.01)
    torch.testing.assert_close(weighed(parts, weights), loss + 0.2 * parts["spread"])
    strict = sequence_losses(network, _drawn(4), 0.5, Telling(), encoder=False, guidance=Guidance(network, 0.5))
    loss = strict["reconstruction"] + 0.7 * strict["length"] + 0.4 * strict["guidance"]
    torch.testing.assert_close(weighed(strict, weights), loss)


def test_where_the_encoder_does_not_learn_it_has_no_gradient() -> None:
    network = MelodyVAE(TOLD)
    weighed(sequence_losses(network, _drawn(4), 0.0, Telling(), encoder=False), Weights()).backward()  # type: ignore[no-untyped-call]
    assert network.to_posterior.weight.grad is None
    assert network.condition.grad is not None
