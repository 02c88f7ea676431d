import contextlib
import itertools
import os
import struct
import subprocess
import sys
import zlib
from typing import Any, get_args

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from score_bridge.errors import PeerError
from score_bridge.vision.frame import PictureFormat, decode_picture, shrink
from score_bridge.vision.pixels import Rgb
from score_bridge.wire.messages import PLANES, Dtype, Encoding, Frame, Order, Origin, Transfer

ROWS: dict[str, str] = {"rgb": "rgb", "bgr": "bgr", "rgba": "rgba", "bgra": "bgra", "argb": "argb"}


def picture(height: int = 5, width: int = 7, seed: int = 0) -> Rgb:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def packed(rgb: Rgb, order: str) -> NDArray[np.uint8]:
    planes = {"r": rgb[..., 0], "g": rgb[..., 1], "b": rgb[..., 2], "a": np.full(rgb.shape[:2], 9, np.uint8)}
    return np.stack([planes[name] for name in ROWS[order]], axis=-1)


def smooth(height: int = 60, width: int = 90) -> Rgb:
    noise = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 9), np.uint8)


def encoded(rgb: Rgb, kind: str) -> bytes:
    ok, data = cv2.imencode(f".{kind}", rgb[..., ::-1])
    assert ok
    return data.tobytes()


def refusal(payload: bytes | memoryview, fmt: PictureFormat) -> str:
    with pytest.raises(PeerError) as caught:
        decode_picture(payload, fmt)
    assert caught.value.kind == "frame"
    assert "expected" in caught.value.reason
    assert "got" in caught.value.reason
    assert "\n" not in caught.value.reason
    return caught.value.reason


@pytest.mark.parametrize("order", ROWS)
def test_every_order_becomes_rgb(order: Any) -> None:
    rgb = picture()
    data = packed(rgb, order)
    assert np.array_equal(decode_picture(data.tobytes(), PictureFormat(data.shape, order=order)), rgb)
    unit = (data / 255).astype("<f4")
    fmt = PictureFormat(data.shape, dtype="float32", order=order)
    assert np.array_equal(decode_picture(unit.tobytes(), fmt), rgb)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1)])
def test_gray_fills_three_planes(shape: tuple[int, ...]) -> None:
    gray = picture()[..., 0]
    rgb = decode_picture(gray.tobytes(), PictureFormat(shape, order="gray"))
    assert np.array_equal(rgb, np.repeat(gray[..., None], 3, axis=2))


def test_bottom_origin_turns_rows_over() -> None:
    rgb = picture()
    assert np.array_equal(decode_picture(rgb[::-1].tobytes(), PictureFormat(rgb.shape, origin="bottom")), rgb)


def srgb(linear: float) -> int:
    """IEC 61966-2-1, one value at a time."""
    return round(255 * (12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055))


def test_linear_light_becomes_srgb() -> None:
    values = [0.0, 0.001, 0.0031, 0.01, 0.18, 0.5, 0.9, 1.0]
    unit = np.repeat(np.array(values, "<f4")[None, :, None], 3, axis=2)
    fmt = PictureFormat(unit.shape, dtype="float32", transfer="linear")
    assert decode_picture(unit.tobytes(), fmt)[0, :, 1].tolist() == [srgb(v) for v in values]
    steps = np.arange(256, dtype=np.uint8).reshape(1, 256)
    fmt = PictureFormat(steps.shape, order="gray", transfer="linear")
    assert decode_picture(steps.tobytes(), fmt)[0, :, 0].tolist() == [srgb(v / 255) for v in range(256)]


def test_floats_are_clipped_and_rounded() -> None:
    unit = np.array([[-1e30, -0.1, 0.5, 1.5, 3e38, 0.2 / 255]], "<f4")
    fmt = PictureFormat(unit.shape, dtype="float32", order="gray")
    assert decode_picture(unit.tobytes(), fmt)[0, :, 0].tolist() == [0, 0, 128, 255, 255, 0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_floats_that_are_no_numbers_are_refused(bad: float) -> None:
    unit = np.zeros((2, 2, 3), "<f4")
    unit[1, 1, 2] = bad
    assert "finite" in refusal(unit.tobytes(), PictureFormat((2, 2, 3), dtype="float32"))


def test_a_memoryview_is_read_as_bytes_are() -> None:
    store = bytearray(picture().tobytes())
    rgb = decode_picture(memoryview(store), PictureFormat((5, 7, 3)))
    assert np.array_equal(rgb, picture())


@pytest.mark.parametrize(
    ("fmt", "length", "words"),
    [
        (PictureFormat((5, 7, 3)), 104, "105 bytes"),
        (PictureFormat((5, 7, 3)), 106, "105 bytes"),
        (PictureFormat((5, 7, 3), dtype="float32"), 105, "420 bytes"),
        (PictureFormat((5, 7, 3), order="rgba"), 105, "(height, width, 4)"),
        (PictureFormat((5, 7)), 35, "(height, width, 3)"),
        (PictureFormat(()), 0, "(height, width, 3)"),
        (PictureFormat((5, 7, 3, 1)), 105, "(height, width, 3)"),
        (PictureFormat((0, 7, 3)), 0, "1 to 8192"),
        (PictureFormat((-5, -7, 3)), 105, "1 to 8192"),
        (PictureFormat((8193, 1, 3)), 24579, "1 to 8192"),
        (PictureFormat((10**30, 10**30, 3)), 1, "1 to 8192"),
    ],
)
def test_a_wrong_shape_or_length_is_refused(fmt: PictureFormat, length: int, words: str) -> None:
    assert words in refusal(bytes(length), fmt)


def test_a_word_of_no_table_is_refused() -> None:
    wrong: Any = "yuv"
    with pytest.raises(PeerError, match="expected order to be one of rgb"):
        PictureFormat((1, 1, 3), order=wrong)


def test_the_format_of_a_message() -> None:
    frame = Frame(shape=(2, 3, 4), dtype="float32", order="bgra", origin="bottom", transfer="linear")
    assert PictureFormat.of(frame) == PictureFormat((2, 3, 4), "float32", "raw", "bgra", "bottom", "linear")


def test_png_is_exact_and_jpeg_is_near() -> None:
    rgb = smooth()
    assert np.array_equal(decode_picture(encoded(rgb, "png"), PictureFormat(encoding="png")), rgb)
    near = decode_picture(encoded(rgb, "jpg"), PictureFormat((60, 90, 3), encoding="jpeg"))
    assert np.abs(near.astype(int) - rgb).mean() < 2


def test_png_alpha_is_dropped_and_rows_turned() -> None:
    rgba = np.dstack([smooth(), np.zeros((60, 90), np.uint8)])
    data = cv2.imencode(".png", cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))[1].tobytes()
    rgb = decode_picture(data, PictureFormat(encoding="png", origin="bottom"))
    assert np.array_equal(rgb, smooth()[::-1])


@pytest.mark.parametrize(("kind", "encoding"), [("png", "png"), ("jpg", "jpeg")])
def test_damaged_files_are_refused(kind: str, encoding: Any) -> None:
    data, fmt = encoded(smooth(), kind), PictureFormat(encoding=encoding)
    for length in (0, 1, 7, 30, 100, len(data) // 2, len(data) - 2):
        refusal(data[:length], fmt)
    refusal(b"GIF89a" + bytes(100), fmt)
    refusal(encoded(smooth(), {"png": "jpg", "jpg": "png"}[kind]), fmt)
    assert "shape" in refusal(data, PictureFormat((61, 90, 3), encoding=encoding))
    assert "uint8" in refusal(data, PictureFormat(encoding=encoding, dtype="float32"))


def png_claiming(height: int, width: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def jpeg_claiming(height: int, width: int) -> bytes:
    data = encoded(smooth(16, 16), "jpg")
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


@pytest.mark.parametrize("size", [(12000, 12000), (1, 8193), (60000, 2)])
def test_bombs_are_refused_by_their_header(size: tuple[int, int]) -> None:
    assert "8192" in refusal(png_claiming(*size), PictureFormat(encoding="png"))
    assert "8192" in refusal(jpeg_claiming(*size), PictureFormat(encoding="jpeg"))


def test_a_size_hidden_from_the_header_reader_is_refused() -> None:
    data = encoded(smooth(16, 16), "jpg")
    decoy = b"\xff\xd8" + b"\xff\xe0\x00\x13" + data[data.index(b"\xff\xc0") :][:17] + data[2:]
    assert decode_picture(decoy, PictureFormat(encoding="jpeg")).shape == (16, 16, 3)
    garbage = data[:2] + b"\xff\x00\x00\x02" + data[2:]
    refusal(garbage, PictureFormat(encoding="jpeg"))


def test_a_jpeg_of_too_many_scans_is_refused() -> None:
    data = encoded(smooth(), "jpg")
    assert "scans" in refusal(data[:-2] + 80 * b"\xff\xda\x00\x02" + data[-2:], PictureFormat(encoding="jpeg"))


def formats() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "shape": st.lists(st.integers(-2, 9) | st.integers(), max_size=4).map(tuple),
            "dtype": st.sampled_from(get_args(Dtype)),
            "encoding": st.sampled_from(get_args(Encoding)),
            "order": st.sampled_from(get_args(Order)),
            "origin": st.sampled_from(get_args(Origin)),
            "transfer": st.sampled_from(get_args(Transfer)),
        }
    )


def check(payload: bytes, fields: dict[str, Any]) -> None:
    with contextlib.suppress(PeerError):
        rgb = decode_picture(payload, PictureFormat(**fields))
        assert rgb.dtype == np.uint8
        assert rgb.ndim == 3
        assert rgb.shape[2] == 3


@settings(max_examples=300)
@given(st.binary(max_size=400), formats())
def test_any_bytes_in_any_format_decode_or_are_refused(payload: bytes, fields: dict[str, Any]) -> None:
    check(payload, fields)


@settings(max_examples=150)
@given(st.data())
def test_raw_bytes_of_the_right_length_decode_or_are_not_finite(data: st.DataObject) -> None:
    fields = data.draw(formats())
    height, width = data.draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    fields |= {"encoding": "raw", "shape": (height, width, PLANES[fields["order"]])}
    length = height * width * fields["shape"][2] * (4 if fields["dtype"] == "float32" else 1)
    check(data.draw(st.binary(min_size=length, max_size=length)), fields)


DAMAGED = [encoded(smooth(20, 30), "png"), encoded(smooth(20, 30), "jpg")]


@settings(max_examples=200)
@given(st.sampled_from([0, 1]), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8))
def test_flipped_bytes_in_a_file_decode_or_are_refused(which: int, flips: list[tuple[float, int]]) -> None:
    data = bytearray(DAMAGED[which])
    for where, value in flips:
        data[int(where * (len(data) - 1))] = value
    check(bytes(data), {"encoding": ("png", "jpeg")[which]})


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (64, 64), (63, 65), (200, 127), (1080, 1921), (2, 3)])
@pytest.mark.parametrize("side", [64, 128])
def test_shrink_squashes_any_size(size: tuple[int, int], side: int) -> None:
    flat = np.full((*size, 3), (10, 200, 77), np.uint8)
    small = shrink(flat, side)
    assert small.shape == (side, side, 3)
    assert (small == flat[0, 0]).all()


def test_shrink_keeps_the_picture_where_it_is() -> None:
    rgb = smooth(432, 768)
    exact = cv2.resize(rgb, (64, 64), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(shrink(rgb, 64) - exact).max() <= 6
    assert shrink(rgb, 64).flags.writeable
    read_only = np.frombuffer(rgb.tobytes(), np.uint8).reshape(rgb.shape)
    assert np.array_equal(shrink(read_only[::-1], 64)[::-1], shrink(np.ascontiguousarray(rgb[::-1]), 64)[::-1])


@pytest.mark.parametrize("period", [2, 3, 4, 4.2, 5, 7.5, 8, 16])
def test_shrink_makes_no_pattern_of_fine_stripes(period: float) -> None:
    stripes = np.uint8(255) * (np.arange(1920) % period < period / 2).astype(np.uint8)
    across = np.broadcast_to(stripes[None, :, None], (1080, 1920, 3))
    down = np.broadcast_to(stripes[:1080, None, None], (1080, 1920, 3))
    for picture_ in (across, down):
        small = shrink(np.ascontiguousarray(picture_), 64).astype(float)
        assert np.abs(small - small.mean()).max() < 26


DECODE = """
import sys
{first}
import cv2, numpy as np
try:
    picture = cv2.imdecode(np.frombuffer(sys.stdin.buffer.read(), np.uint8), cv2.IMREAD_COLOR)
except cv2.error:
    picture = None
sys.exit(picture is not None)
"""


@pytest.mark.parametrize("first", ["score_bridge.engine.process", "score_bridge.live.bridge", "score_bridge.client"])
def test_opencv_refuses_a_bomb_in_every_process_of_ours(first: str) -> None:
    """A real PNG of 8193 x 8193 white pixels in 8 KB, given to OpenCV itself, past our own look at the header."""
    side = 8193
    rows = (b"\0" + b"\xff" * (side // 8 + 1)) * side
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    bare = {name: value for name, value in os.environ.items() if not name.startswith("OPENCV_")}

    def decoded(code: str) -> int:
        return subprocess.run([sys.executable, "-c", code], input=bomb, env=bare, check=False).returncode

    assert decoded(DECODE.format(first="")) == 1, "without the limit OpenCV decodes it, or this test shows nothing"
    assert decoded(DECODE.format(first=f"import {first}")) == 0


def test_every_choice_is_tabulated() -> None:
    assert set(PLANES) == set(get_args(Order))
    for order, dtype in itertools.product(get_args(Order), get_args(Dtype)):
        size = 4 if dtype == "float32" else 1
        payload = bytes(PLANES[order] * 6 * size)
        rgb = decode_picture(payload, PictureFormat((2, 3, PLANES[order]), dtype=dtype, order=order))
        assert rgb.shape == (2, 3, 3)
