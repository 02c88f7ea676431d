import re
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
from score_bridge.mapping import show_file
from score_bridge.mapping.anchors import UNTAUGHT, Anchor, add_anchor, undo_change
from score_bridge.mapping.attention import attention_of
from score_bridge.mapping.calibration import Calibration, calibrate, learn
from score_bridge.mapping.latent_map import Target, latent_of
from score_bridge.mapping.show import MELODY, Show, WeightFile, check_models, frozen_calibration, melody_differs
from score_bridge.mapping.show_file import load_show, save_show, show_identity
from score_bridge.wire.controls import Controls

Floats = NDArray[np.float32]
SIZES = (("content", 20), ("colour", 12))
VERSION_1 = Path(__file__).parent / "data" / "show_version_1.safetensors"
WEIGHTS = {
    MELODY: WeightFile("melody", "1a2b3c4d" * 8),
    "feature_encoder": WeightFile("efficientnet-lite0", "e" * 64),
    "frame_model": WeightFile("frames", "f" * 64),
}
PHRASE = tuple(range(32))
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
        known = add_anchor(known, Anchor(name, *vectors, "midi", PHRASE))
    return Show(_calibration(), known, ("motion density 0.8",), "features", WEIGHTS, SIZES)


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
        ("motion density 0.8",), "features", WEIGHTS, SIZES,
    )  # fmt: skip
    assert [(a.name, a.source, a.phrase) for a in back.taught.anchors] == [
        ("opening", "midi", PHRASE),
        ("ä" * 64, "midi", PHRASE),
    ]
    for a, b in zip(back.taught.anchors, show.taught.anchors, strict=True):
        np.testing.assert_array_equal(a.features, b.features)
        np.testing.assert_array_equal(a.place, b.place)
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
    save_show(path, Show(calibrate(_film()[:1]), UNTAUGHT, (), "vae", {}, ()))
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


def _rewritten(written: Path, path: Path, said: dict[str, str], arrays: dict[str, Floats], *, sign: bool) -> Path:
    """Write the show again with other metadata and arrays; an empty text leaves a thing out."""
    with safe_open(written, framework="numpy") as file:
        before = {name: file.get_tensor(name) for name in list(file.keys())}
        metadata = {k: v for k, v in {**file.metadata(), **said}.items() if v}
    whole = {name: value for name, value in {**before, **arrays}.items() if value.size or name not in arrays}
    if sign:
        metadata["identity"] = show_file._identity(metadata["show"], whole)
    save_file(whole, path, metadata)
    return path


def _with(shape: tuple[int, ...], value: float) -> Floats:
    return np.full(shape, value, np.float32)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"format": "score-bridge-melody"}, "not a show file"),
        ({"format": ""}, "not a show file"),
        ({"version": "5"}, "show format 5, this program reads 4"),
        ({"version": ""}, "show format none"),
        ({"version": "1"}, "damaged"),
        ({"show": ""}, "damaged"),
        ({"show": "{}"}, "does not hold what was written"),
        ({"identity": ""}, "damaged"),
        ({"identity": "0" * 64}, "does not hold what was written"),
    ],
)
def test_a_file_that_is_no_show_is_refused_in_one_line(
    written: Path, tmp_path: Path, said: dict[str, str], words: str
) -> None:
    path = _rewritten(written, tmp_path / "other.safetensors", said, {}, sign=False)
    with pytest.raises(ModelError, match=words) as caught:
        load_show(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"calibration.mean": _with((31,), 0.0)}, "damaged"),
        ({"calibration.mean": _with((0,), 0.0)}, "there is no array"),
        ({"calibration.mean": _with((), 0.0)}, "damaged"),
        ({"calibration.mean": _with((32,), np.nan)}, "mean is not"),
        ({"calibration.basis.variances": _with((12,), -1.0)}, "below 0"),
        ({"taught.anchors.0.features": _with((32,), np.inf)}, "no numbers"),
        ({"taught.anchors.0.features": _with((31,), 0.0)}, "is not a picture of 32 numbers"),
        ({"taught.anchors.1.place": _with((1, 8), 0.0)}, "and a place"),
        ({"taught.anchors.1.place": _with((7,), 0.0)}, "place of 8 values, this one 7"),
    ],
)
def test_a_show_of_numbers_that_cannot_be_is_refused_in_one_line(
    written: Path, tmp_path: Path, arrays: dict[str, Floats], words: str
) -> None:
    path = _rewritten(written, tmp_path / "other.safetensors", {}, arrays, sign=True)
    with pytest.raises(ModelError, match=words) as caught:
        load_show(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [("count", "0"), ("residual", "-1"), ("pictures", "null"), ("pictures", '"many"'), ("next_refresh", "1e999")],
)
def test_counts_that_cannot_be_are_refused(written: Path, tmp_path: Path, field: str, value: str) -> None:
    with safe_open(written, framework="numpy") as file:
        plain = file.metadata()["show"]
    changed = re.sub(f'"{field}":[^,}}]*', f'"{field}":{value}', plain)
    assert changed != plain
    path = _rewritten(written, tmp_path / "other.safetensors", {"show": changed}, {}, sign=True)
    with pytest.raises(ModelError, match="damaged"):
        load_show(path)


def test_a_phrase_that_is_none_is_refused(tmp_path: Path) -> None:
    for phrase in ((1, 2), (90,) * 32, (-1,) * 32):
        anchor = replace(_show().taught.anchors[0], phrase=phrase)
        save_show(tmp_path / "a.safetensors", replace(_show(), taught=add_anchor(UNTAUGHT, anchor)))
        with pytest.raises(ModelError, match="holds no phrase of 32 tokens"):
            load_show(tmp_path / "a.safetensors")


def test_a_show_of_version_1_is_still_read() -> None:
    """It was written by the program that wrote such files, from the show of these tests without its phrases.

    Axes had the signs that rounding gave them then.
    """
    old, show = load_show(VERSION_1), _show()
    for name in ARRAYS:
        one, other = getattr(old.calibration, name), getattr(show.calibration, name)
        sized = (np.abs(one), np.abs(other)) if name == "axes" else (one, other)
        np.testing.assert_allclose(*sized, atol=1e-4)
    assert [(a.name, a.source, a.phrase) for a in old.taught.anchors] == [
        ("opening", "density 2", ()),
        ("ä" * 64, "density 2", ()),
    ]
    np.testing.assert_array_equal(old.taught.anchors[0].place, show.taught.anchors[0].place)
    assert (old.weights, old.sizes) == ({MELODY: WeightFile("melody 1a2b3c4d")}, SIZES)
    assert not melody_differs(old, WEIGHTS)
    assert list(check_models("old", old, "features", WEIGHTS)) == [
        "the show file old does not say with which frame_model it was made: this is frames ffffffff",
        "the show file old does not say with which feature_encoder it was made: this is efficientnet-lite0 eeeeeeee",
    ]


def test_a_show_s_identity_is_that_of_what_it_holds(written: Path, tmp_path: Path) -> None:
    show = load_show(written)
    with safe_open(written, framework="numpy") as file:
        assert file.metadata()["identity"] == show_identity(show) == show_identity(_show())
    save_show(tmp_path / "again.safetensors", show)
    assert show_identity(load_show(tmp_path / "again.safetensors")) == show_identity(show)
    assert show_identity(replace(show, bindings=())) != show_identity(show)


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


def test_models_that_differ_are_refused_with_the_key_and_the_cure() -> None:
    show = _show()
    assert list(check_models("a", show, "features", WEIGHTS)) == []
    with pytest.raises(ModelError, match="made with encoder 'features', this is 'vae'"):
        list(check_models("a", show, "vae", WEIGHTS))
    others = WeightFile("other", "0" * 64)
    with pytest.raises(
        ModelError, match=r"with frame_model frames ffffffff, this is other 00000000: .*--frame-model"
    ):
        list(check_models("a", show, "features", {**WEIGHTS, "frame_model": others}))
    with pytest.raises(ModelError, match="with feature_encoder efficientnet-lite0 eeeeeeee, this is other"):
        list(check_models("a", show, "features", {**WEIGHTS, "feature_encoder": others}))
    melody = {**WEIGHTS, MELODY: others}
    assert list(check_models("a", show, "features", melody)) == []  # the phrases are kept
    assert melody_differs(show, melody)
    directed = replace(show.taught.anchors[0], phrase=())
    lost = replace(show, taught=add_anchor(UNTAUGHT, directed))
    with pytest.raises(ModelError, match=r"with melody_model melody 1a2b3c4d, this is other .*teach 'opening' anew"):
        list(check_models("a", lost, "features", melody))


def test_a_model_that_is_not_used_or_looks_at_no_picture_does_not_matter() -> None:
    only = {MELODY: WEIGHTS[MELODY]}
    assert list(check_models("a", _show(), "features", only)) == []
    own = replace(_show(), sizes=(("host", 32),), weights=only)
    assert list(check_models("a", own, "features", WEIGHTS)) == []


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
