from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from score_bridge.errors import ModelError, SettingsError
from score_bridge.mapping.anchors import UNTAUGHT, Anchor, add_anchor, undo_change
from score_bridge.mapping.attention import attention_of
from score_bridge.mapping.calibration import Calibration, calibrate, learn
from score_bridge.mapping.latent_map import Target, latent_of
from score_bridge.mapping.show_file import Show, check_show, frozen_calibration, load_show, save_show
from score_bridge.wire.controls import Controls

Floats = NDArray[np.float32]
SIZES = (("content", 20), ("colour", 12))
NUMBERS = ("count", "residual", "pictures", "next_refresh", "frozen")
ARRAYS = ("mean", "axes", "scatter", "last", "jitter")


def _film(size: int = 32) -> Floats:
    rng = np.random.default_rng(3)
    film: Floats = (rng.standard_normal((90, 12)) @ rng.standard_normal((12, size))).astype(np.float32)
    return film


def _calibration() -> Calibration:
    return calibrate(_film(), attention_of(SIZES, Controls(colour=0.5)))


def _show() -> Show:
    known, rng = UNTAUGHT, np.random.default_rng(5)
    for name in ("opening", "ä" * 64):
        vectors = rng.standard_normal(32).astype(np.float32), rng.standard_normal(8).astype(np.float32)
        known = add_anchor(known, Anchor(name, *vectors, "density 2"))
    return Show(_calibration(), known, ("motion density 0.8",), "features", "melody 1a2b3c4d", SIZES)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("show") / "show.safetensors"
    save_show(path, _show())
    return path


def test_a_show_comes_back_as_it_was(written: Path) -> None:
    show, back = _show(), load_show(written)
    was, now = show.calibration, back.calibration
    assert [getattr(now, n) for n in NUMBERS] == [getattr(was, n) for n in NUMBERS]
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(now, name), getattr(was, name))
    for name in ("mean", "axes", "variances"):
        np.testing.assert_array_equal(getattr(now.basis, name), getattr(was.basis, name))
    np.testing.assert_array_equal(now.basis.attention.weights, was.basis.attention.weights)
    assert (now.basis.total, now.basis.floor) == (was.basis.total, was.basis.floor)
    assert (back.bindings, back.encoder, back.weights, back.sizes) == (
        ("motion density 0.8",), "features", "melody 1a2b3c4d", SIZES,
    )  # fmt: skip
    assert [(a.name, a.source) for a in back.taught.anchors] == [("opening", "density 2"), ("ä" * 64, "density 2")]
    for a, b in zip(back.taught.anchors, show.taught.anchors, strict=True):
        np.testing.assert_array_equal(a.features, b.features)
        np.testing.assert_array_equal(a.latent, b.latent)
    assert back.taught.before == ()


def test_a_loaded_show_maps_at_once_and_can_go_on_learning(written: Path) -> None:
    target = Target(np.zeros(8, np.float32), np.eye(8, dtype=np.float32), np.ones(8, np.float32), 8**0.5)
    show, back, film = _show(), load_show(written), _film()
    for x in film[::30]:
        z = latent_of(x, back.calibration, target, Controls(), 0.0)
        np.testing.assert_allclose(z, latent_of(x, show.calibration, target, Controls(), 9.0), atol=1e-6)
    more = learn(replace(back.calibration, frozen=False), film[:5], 1.0)
    assert more.pictures == show.calibration.pictures + 5


def test_an_untaught_show_of_one_picture_is_a_show(tmp_path: Path) -> None:
    path = tmp_path / "one.safetensors"
    save_show(path, Show(calibrate(_film()[:1]), UNTAUGHT, (), "vae", "m", ()))
    back = load_show(path)
    assert back.taught.anchors == ()
    assert back.calibration.axes.shape == (0, 32)


def test_saving_replaces_the_whole_file_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "show.safetensors"
    save_show(path, _show())
    save_show(path, replace(_show(), taught=undo_change(_show().taught)))
    assert [a.name for a in load_show(path).taught.anchors] == ["opening"]
    assert [p.name for p in tmp_path.iterdir()] == ["show.safetensors"]


def test_what_cannot_be_written_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot write the show file .*nowhere"):
        save_show(tmp_path / "nowhere" / "show.safetensors", _show())
    (tmp_path / "folder").mkdir()
    with pytest.raises(SettingsError, match=r"cannot write the show file .*folder"):
        save_show(tmp_path / "folder", _show())
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_a_missing_file_is_a_matter_of_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read the show file"):
        load_show(tmp_path / "none.safetensors")
    with pytest.raises(SettingsError, match="cannot read the show file"):
        load_show(tmp_path)


def _rewritten(written: Path, path: Path, said: dict[str, str], tensors: dict[str, Floats]) -> Path:
    """Write the show again with other metadata and tensors; an empty text leaves a thing out."""
    with safe_open(written, framework="numpy") as file:
        before = {name: file.get_tensor(name) for name in list(file.keys())}
        metadata = {k: v for k, v in {**file.metadata(), **said}.items() if v}
    save_file({name: value for name, value in {**before, **tensors}.items() if value.size}, path, metadata)
    return path


def _with(shape: tuple[int, ...], value: float) -> Floats:
    return np.full(shape, value, np.float32)


@pytest.mark.parametrize(
    ("said", "tensors", "words"),
    [
        ({"format": "score-bridge-melody"}, {}, "not a show file"),
        ({"format": ""}, {}, "not a show file"),
        ({"version": "2"}, {}, "show format 2, this program reads 1"),
        ({"version": ""}, {}, "show format none"),
        ({"card": ""}, {}, "damaged"),
        ({"card": "{}"}, {}, "damaged"),
        ({}, {"mean": _with((31,), 0.0)}, "damaged"),
        ({}, {"mean": _with((0,), 0.0)}, "damaged"),
        ({}, {"mean": _with((), 0.0)}, "damaged"),
        ({}, {"mean": _with((32,), np.nan)}, "mean is not"),
        ({}, {"basis.variances": _with((12,), -1.0)}, "below 0"),
        ({}, {"anchors.features": _with((2, 32), np.inf)}, "anchors.features is not"),
        ({}, {"anchors.features": _with((1, 32), 0.0)}, "anchors.features is not"),
        ({}, {"anchors.latents": _with((2, 1, 8), 0.0)}, "anchors.latents is not"),
    ],
)
def test_a_show_that_is_not_right_is_refused_in_one_line(
    written: Path, tmp_path: Path, said: dict[str, str], tensors: dict[str, Floats], words: str
) -> None:
    path = _rewritten(written, tmp_path / "other.safetensors", said, tensors)
    with pytest.raises(ModelError, match=words) as caught:
        load_show(path)
    assert "\n" not in str(caught.value)


@given(st.data())
def test_damaged_bytes_load_or_are_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, written: Path, data: st.DataObject
) -> None:
    whole = written.read_bytes()
    path = tmp_path_factory.getbasetemp() / "damaged.safetensors"
    cut = data.draw(st.integers(0, len(whole)))
    at, byte = data.draw(st.integers(0, 4000)), data.draw(st.integers(0, 255))
    path.write_bytes((whole[:at] + bytes([byte]) + whole[at + 1 :])[: max(cut, 9)])
    with suppress(ModelError):
        load_show(path)


def test_another_encoder_is_refused_and_another_melody_model_once_something_is_taught() -> None:
    show, path = _show(), Path("show.safetensors")
    check_show(path, show, "features", "melody 1a2b3c4d")
    with pytest.raises(ModelError, match="made with encoder 'features', this is 'vae'"):
        check_show(path, show, "vae", "melody 1a2b3c4d")
    with pytest.raises(ModelError, match="taught with 'melody 1a2b3c4d', this is 'other'"):
        check_show(path, show, "features", "other")
    check_show(path, replace(show, taught=UNTAUGHT), "features", "other")


def test_a_show_is_looked_at_as_the_controls_attend() -> None:
    show = _show()
    here = frozen_calibration(
        replace(show, calibration=replace(show.calibration, frozen=False)), SIZES, Controls(content=0.0)
    )
    assert here.frozen
    assert here.before is here.basis
    np.testing.assert_array_equal(here.basis.attention.weights, [0.0] * 20 + [1.0] * 12)
    with pytest.raises(ModelError, match="32 features, these have 20"):
        frozen_calibration(show, SIZES[:1], Controls())
