from collections.abc import Iterator

import cv2
import numpy as np
import pytest
import torch

from score_bridge.cli.demo import default_clip
from score_bridge.models.picture.feature_encoder import FeatureEncoder
from score_bridge.models.picture.imagenet_labels import TOP, label_names, recognise, top_labels


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def encoder() -> FeatureEncoder:
    return FeatureEncoder()


def test_there_is_a_name_of_its_own_for_every_class() -> None:
    names = label_names()
    assert len(names) == len(set(names)) == 1000
    assert all(name == name.strip() and 0 < len(name) <= 40 for name in names)
    # Places in ILSVRC 2012, from the first to the last, as every classifier of it has them.
    places = {0: "tench", 134: "crane bird", 309: "bee", 517: "crane", 612: "jinrikisha", 963: "pizza"}
    assert {place: names[place] for place in places} == places
    assert names[999] == "toilet tissue"


def test_the_likeliest_come_first_with_their_share_of_all() -> None:
    logits = np.zeros(1000, np.float32)
    logits[[7, 309, 3]] = np.log([50.0, 200.0, 100.0])
    labels = top_labels(logits, 3)
    assert [name for name, _ in labels] == ["bee", "tiger shark", "cock"]
    assert [p for _, p in labels] == pytest.approx([200 / 1347, 100 / 1347, 50 / 1347])
    assert len(top_labels(logits)) == TOP
    assert top_labels(logits + 500, 3)[0][1] == pytest.approx(200 / 1347, rel=1e-4)


def test_insects_are_seen_as_what_they_are(encoder: FeatureEncoder) -> None:
    """Frames of the demo's clip: a red admiral, then a bee in close-up."""
    film = cv2.VideoCapture(str(default_clip()))
    found = {}
    for place in (62, 337):
        film.set(cv2.CAP_PROP_POS_FRAMES, place)
        _, picture = film.read()
        found[place] = encoder.look(np.ascontiguousarray(picture[:, :, ::-1])).labels[0]
    assert [found[place][0] for place in (62, 337)] == ["admiral", "bee"]
    assert min(share for _, share in found.values()) > 0.5


def test_what_is_like_no_class_is_not_named(encoder: FeatureEncoder) -> None:
    grey, noise = (
        np.full((128, 128, 3), 128, np.uint8),
        np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8),
    )
    assert [encoder.look(picture).labels for picture in (grey, noise)] == [(), ()]
    logits = np.zeros(1000, np.float32)
    logits[309] = 15.0  # all but certain among the classes, and still little evidence
    assert top_labels(logits)[0][1] > 0.99
    assert recognise(logits) == ()
    logits[309] = 25.0
    [(name, share)] = recognise(logits)
    assert name == "bee"
    assert share > 0.99


def test_a_look_is_the_features_and_the_network_s_own_classes(encoder: FeatureEncoder) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (128, 128, 3), np.uint8)
    look = encoder.look(picture)
    np.testing.assert_array_equal(look.features, encoder.encode(picture)[0])
    x = (torch.from_numpy(picture.transpose(2, 0, 1)[None].astype(np.float32)) - 127) / 128
    with torch.inference_mode():
        chances = encoder.network(x).softmax(1)[0]
    best = chances.argsort(descending=True)[:TOP].tolist()
    with torch.inference_mode():
        found = top_labels(encoder.network(x)[0].numpy())
    assert [name for name, _ in found] == [label_names()[i] for i in best]
    assert [p for _, p in found] == pytest.approx(chances[best].tolist(), abs=1e-4)
