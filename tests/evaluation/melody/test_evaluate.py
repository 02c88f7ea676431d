"""The whole evaluation, of a tiny model beside a tiny published one; and what its parts must tell apart."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from score_bridge.cli import main
from score_bridge.evaluation.melody.latent_switching import measure_noise_response, measure_return, measure_switch
from score_bridge.evaluation.melody.probe import Subject, likeliest
from score_bridge.models.melody.checkpoint import load_melody
from score_bridge.models.streaming import Memory
from score_bridge.training.melody.metrics import along
from tests.published import tensors, write_deeplearn
from tests.tiny import save_tiny, tiny_posterior
from tests.training.made import saved, scales

KEYS = {
    "teacher_forced", "sampled", "swap_agreement", "swap_delay_steps", "directions", "leakage_max",
    "slerp_max_deviation", "noise_005_changed", "seam_cost_ratio", "posterior_std", "kl_nats", "prior_statistics",
    "step_ms", "prior_cost_ratio", "fitted_prior_cost_ratio", "slerp_cost_ratio", "motif_return",
}  # fmt: skip


class Lookup:
    """A decoder that plays, at place p, the token its latent has there: it obeys at once and knows no past."""

    latent_size = condition_size = 32
    history = 8

    def empty_cache(self, batch: int, steps: int | None = None) -> Memory:
        return (torch.zeros(batch, 1),)

    def step(
        self,
        token: torch.Tensor,
        position: torch.Tensor,
        condition: torch.Tensor,
        cache: Memory,
        memory: torch.Tensor,
    ) -> tuple[torch.Tensor, None, Memory]:
        wanted = condition.gather(1, position[:, None] % 32).round().clamp(0, 89).long()
        return torch.nn.functional.one_hot(wanted[:, 0], 90).float() * 20, None, cache

    def replay(
        self, previous: torch.Tensor, positions: torch.Tensor, conditions: torch.Tensor, reaches: torch.Tensor
    ) -> Memory:
        return self.empty_cache(len(previous))

    def outline(self, latents: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(latents), 32, 3)


@pytest.fixture
def lookup() -> Subject:
    latents = torch.randint(2, 90, (12, 32), generator=torch.Generator().manual_seed(0)).float()
    return Subject(Lookup(), tiny_posterior(32), latents, likeliest(Lookup(), along(latents)))


def test_a_decoder_that_obeys_at_once_scores_full_marks(lookup: Subject) -> None:
    found = measure_switch(lookup, seed=0)
    assert found["swap_agreement"] == 1
    assert found["swap_delay_steps"] == found["swap_delay_best"] == 0
    assert found["swap_chance"] < 0.1
    back = measure_return(lookup)
    assert back["motif_return"] == back["still_repeat"] == 1
    assert back["motif_chance"] < 0.1


def test_trembling_latents_change_more_the_more_they_tremble(lookup: Subject) -> None:
    changed = measure_noise_response(lookup, seed=0)
    assert changed["0.02"] == 0
    assert 0 < changed["0.2"] < changed["0.5"]


def _evaluated(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *options: str) -> str:
    monkeypatch.setattr("sys.argv", ["score-bridge", "evaluate", "melody", *options])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == 0, said.err
    return said.out or said.err


def test_the_command_measures_both_models(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, corpus = str(save_tiny(tmp_path / "tiny.safetensors")), saved(scales(30, bars=16), tmp_path / "c.npz")
    published = write_deeplearn(tmp_path / "published", tensors())
    options = (weights, "--corpus", corpus, "--against", str(published), "--phrases", "16", "--frontier", weights)
    figures = json.loads(_evaluated(capsys, monkeypatch, *options, "--json"))
    assert figures.keys() >= KEYS | {"corpus", "published", "frontier"}
    assert figures["published"].keys() >= KEYS
    assert figures["published"]["teacher_forced"] is None
    assert 0 <= figures["sampled"] <= 1
    assert figures["step_ms"].keys() == {"1", "16"}
    assert figures["directions"].keys() == {"density", "register", "range", "syncopation", "step_size"}
    assert figures["posterior_std"].keys() == {"min", "mean", "max"}
    assert figures["corpus"]["test_pieces"] == 5
    assert [point.keys() >= {"beta", "kl", "sampled", "prior_cost_ratio"} for point in figures["frontier"]] == [
        True
    ] * 2
    assert load_melody(Path(weights), torch.device("cpu")).info.identity == figures["model"]


def test_without_json_it_is_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, corpus = str(save_tiny(tmp_path / "tiny.safetensors")), saved(scales(), tmp_path / "c.npz")
    said = _evaluated(capsys, monkeypatch, weights, "--corpus", corpus, "--phrases", "16")
    assert "teacher_forced" in said
    assert "motif_return" in said


def test_a_corpus_without_test_pieces_is_said_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = saved(scales(held_out=False), tmp_path / "c.npz")
    monkeypatch.setattr("sys.argv", ["score-bridge", "evaluate", "melody", "--corpus", corpus])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "no test pieces" in capsys.readouterr().err


def test_phrases_are_played_as_the_live_steps_play_them(lookup: Subject) -> None:
    assert (lookup.wanted.numpy() == np.round(lookup.latents.numpy())).all()
