import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from score_bridge.cli import main
from score_bridge.errors import ModelError
from score_bridge.models.melody.checkpoint import load_melody, trainable
from score_bridge.models.melody.musicvae_import import decoder_of, import_musicvae, prior_of
from score_bridge.music.attributes import ATTRIBUTES
from tests.published import LATENT, tensors, write_deeplearn, write_tfjs

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("decoder/z_to_initial_state/kernel", (LATENT, 36), r"has the shape \(6, 36\), expected \(6, 38\)"),
        ("decoder/z_to_initial_state/bias", (1, 38), r"has the shape \(1, 38\), expected \(38,\)"),
        ("decoder/multi_rnn_cell/cell_0/lstm_cell/kernel", (111, 48), r"\(111, 48\), expected \(108, 48\)"),
        ("decoder/multi_rnn_cell/cell_1/lstm_cell/bias", (30,), r"\(30,\), expected \(28,\)"),
        ("decoder/output_projection/bias", (), "1 outputs, expected 90"),
        ("decoder/z_to_initial_state/kernel", (), "has the shape"),
    ],
)
def test_sizes_that_do_not_fit_are_named(name: str, shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        decoder_of({**tensors(), name: np.zeros(shape, np.float32)})
    assert str(caught.value).startswith(name)


def test_drums_are_no_melody() -> None:
    with pytest.raises(ModelError, match=r"output_projection/bias has 512 outputs, expected 90: .* no melody"):
        decoder_of(tensors(outputs=512))


def test_music_lies_where_the_prior_is_and_the_axes_are_what_is_heard_most() -> None:
    weights = tensors()
    weights["decoder/z_to_initial_state/kernel"][4] *= 50
    prior = prior_of(decoder_of(weights))
    assert (prior.mean == 0).all()
    assert (prior.std == 1).all()
    assert prior.rms == pytest.approx(LATENT**0.5)
    np.testing.assert_allclose(prior.axes @ prior.axes.T, np.eye(LATENT), atol=1e-5)
    assert prior.axes[0, 4] > 0.99
    heard = np.concatenate(
        [
            weights["decoder/z_to_initial_state/kernel"].T,
            weights["decoder/multi_rnn_cell/cell_0/lstm_cell/kernel"][90 : 90 + LATENT].T,
        ]
    )
    loudness = np.linalg.norm(heard @ prior.axes.T, axis=0)
    np.testing.assert_allclose(loudness, np.linalg.svd(heard, compute_uv=False), rtol=1e-4)
    assert prior.quantiles.shape == (129, len(ATTRIBUTES))
    assert (np.diff(prior.quantiles, axis=0) >= 0).all()
    assert np.ptp(prior.quantiles, axis=0).all()


def test_both_formats_give_the_same_weights_and_a_card_that_says_whence(tmp_path: Path) -> None:
    write_deeplearn(tmp_path / "mel.v1", tensors())
    write_tfjs(tmp_path / "shards", tensors())
    for name in ("mel.v1", "shards"):
        import_musicvae(tmp_path / name, tmp_path / f"{name}.safetensors")
    a, b = (load_melody(tmp_path / f"{name}.safetensors", CPU) for name in ("mel.v1", "shards"))
    played = [model.network.outline(torch.ones(1, LATENT)) for model in (a, b)]
    assert torch.equal(*played)
    np.testing.assert_array_equal(a.info.posterior.quantiles, b.info.posterior.quantiles)
    assert a.info.card["kind"] == "musicvae"
    assert a.info.card["config"] == {"latent": LATENT, "layers": [12, 7]}
    assert (a.info.card["name"], b.info.card["name"]) == ("mel.v1", "shards")
    assert [model.info.card["source"]["format"] for model in (a, b)] == ["deeplearn.js", "tfjs"]
    assert "not part of this project" in a.info.card["licence"]
    assert str(tmp_path) not in json.dumps(a.info.card)
    with pytest.raises(ModelError, match=r"mel\.v1 .*an imported MusicVAE has no encoder to train from"):
        trainable(a)


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["score-bridge", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


def test_what_is_imported_can_be_sampled_and_walked_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_tfjs(tmp_path / "mel_2bar.q2", tensors(), "uint8")
    assert _run(monkeypatch, "import-musicvae", "mel_2bar.q2") == 0
    weights = str(tmp_path / "mel_2bar.q2.safetensors")
    for command in ("sample", "interpolate"):
        made = ("--phrases", "2", "--melody-model", weights, "--device", "cpu", "--temperature", "1")
        assert _run(monkeypatch, command, *made, "--out", command) == 0
        steps = json.loads((tmp_path / command / "score.json").read_text())["steps"]
        assert len({step["token"] for step in steps}) > 10


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent"], "no MusicVAE checkpoint in"),
        (["mel", "--out", "mel.json"], "weights are written as .safetensors, got 'mel.json'"),
        (["mel", "--out", "file/mel.safetensors"], "cannot write weights"),
        (["mel", "--out", "folder.safetensors"], "cannot write weights"),
    ],
)
def test_what_cannot_be_imported_is_one_line_and_exit_code_2(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_deeplearn(tmp_path / "mel", tensors((4,)))
    (tmp_path / "file").touch()
    (tmp_path / "folder.safetensors").mkdir()
    assert _run(monkeypatch, "import-musicvae", *arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert words in said
    assert said.count("\n") == 1
