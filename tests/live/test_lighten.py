import numpy as np
import pytest

from score_bridge.live.lighten import SIDE, lighten
from score_bridge.vision.frame import PictureFormat, decode_picture, shrink
from score_bridge.wire.internal import Observe
from score_bridge.wire.messages import Features, Frame

PICTURE = np.random.default_rng(0).integers(0, 256, (480, 640, 4), np.uint8)


def _observe(**form: object) -> Observe:
    frame = Frame(stream="a", seq=7, shape=PICTURE.shape, order="bgra", origin="bottom")
    return Observe(source=Frame(**{**{f: getattr(frame, f) for f in frame.__struct_fields__}, **form}), received=3.0)


def test_a_large_raw_picture_is_shrunk_to_what_the_engine_looks_at() -> None:
    observe = _observe()
    light, payload = lighten(observe, PICTURE.tobytes())
    assert isinstance(light.source, Frame)
    assert (light.received, light.source.stream, light.source.seq) == (3.0, "a", 7)
    seen = decode_picture(payload, PictureFormat.of(light.source))
    assert isinstance(observe.source, Frame)
    whole = decode_picture(PICTURE.tobytes(), PictureFormat.of(observe.source))
    np.testing.assert_array_equal(seen, shrink(whole, SIDE))


@pytest.mark.parametrize("form", [{"encoding": "jpeg"}, {"shape": (480, 640, 3)}, {"shape": (9, 9, 4)}])
def test_all_else_is_passed_on_as_it_is(form: dict[str, object]) -> None:
    observe, payload = _observe(**form), PICTURE.tobytes()
    assert lighten(observe, payload) == (observe, payload)
    small = Observe(source=Features(values=(1.0,)), received=0.0)
    assert lighten(small, b"") == (small, b"")
