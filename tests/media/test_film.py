import os
import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from score_bridge.errors import MediaError
from score_bridge.media.av_reader import AvReader
from score_bridge.media.film import CvReader, Film
from score_bridge.media.reader import FilmInfo, Pictures, UnopenedError
from score_bridge.vision.frame import shrink

MS = Fraction(1, 1000)
Picture = NDArray[np.uint8]


def shade(n: int, height: int = 48, width: int = 64) -> Picture:
    """A picture that tells its number by its brightness and its upright corner by red."""
    rgb = np.full((height, width, 3), 40 + 6 * n % 180, np.uint8)
    rgb[: height // 3, : width // 3] = (230, 20, 20)
    return rgb


def write_film(
    path: Path,
    pictures: Sequence[Picture],
    times_ms: Sequence[int] | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    **options: Any,
) -> Path:
    """Write pictures at these milliseconds, 25 a second by default. `rotation` turns the film when shown."""
    rotation, muxer = options.pop("rotation", 0), options.pop("muxer", {})
    with av.open(str(path), "w", options=muxer) as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.codec_context.time_base = pix_fmt, MS
        if rotation:
            stream.set_display_rotation(rotation)
        for n, rgb in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts, frame.time_base = 40 * n if times_ms is None else times_ms[n], MS
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_sound(path: Path, seconds: float = 0.5) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        count = int(44100 * seconds)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, count), np.float32), format="fltp", layout="mono")
        frame.rate, frame.pts = 44100, 0
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return path


def times(film: Film, **how: Any) -> list[float]:
    return [frame.time_s for frame in film.frames(**how)]


def level(rgb: Picture) -> float:
    """Brightness of the lower right, where `shade` tells its number."""
    return float(rgb[rgb.shape[0] // 2 :, rgb.shape[1] // 2 :].mean())


@pytest.mark.parametrize("reader", [AvReader(), CvReader()])
def test_pictures_come_in_order_with_their_times(reader: Any, tmp_path: Path) -> None:
    film = Film.open(write_film(tmp_path / "film.mp4", [shade(n) for n in range(20)]), (reader,))
    assert film.info.width == 64
    assert film.info.height == 48
    assert film.info.fps == pytest.approx(25)
    assert film.info.duration == pytest.approx(0.8)
    assert not film.info.has_audio
    frames = list(film.frames())
    assert [f.time_s for f in frames] == pytest.approx([0.04 * n for n in range(20)])
    assert all(f.rgb.shape == (48, 64, 3) for f in frames)
    assert [level(f.rgb) for f in frames] == pytest.approx([40 + 6 * n for n in range(20)], abs=4)
    assert film.broken is None
    assert times(film) == [f.time_s for f in frames], "a film can be read again"


@pytest.mark.parametrize("reader", [AvReader(), CvReader()])
def test_pictures_can_be_squashed_on_the_way(reader: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    detailed = [np.kron(rng.integers(0, 256, (9, 16, 3), np.uint8), np.ones((40, 40, 1), np.uint8)) for _ in range(3)]
    path = write_film(tmp_path / "film.mkv", detailed, codec="ffv1", pix_fmt="yuv444p")
    film = Film.open(path, (reader,))
    for frame, full in zip(film.frames(side=64), film.frames(), strict=True):
        assert frame.rgb.shape == (64, 64, 3)
        assert frame.rgb.flags.c_contiguous
        difference = frame.rgb.astype(int) - shrink(full.rgb, 64)
        assert np.abs(difference).mean() < 3
        assert np.abs(difference.mean((0, 1))).max() < 1


def test_variable_rates_keep_their_times(tmp_path: Path) -> None:
    at = [0, 10, 50, 51, 300, 1200, 1240]
    film = Film.open(write_film(tmp_path / "vfr.mkv", [shade(n) for n in range(7)], at))
    assert times(film) == pytest.approx([t / 1000 for t in at])


def test_times_count_from_the_first_picture(tmp_path: Path) -> None:
    film = Film.open(write_film(tmp_path / "late.mkv", [shade(n) for n in range(4)], [5000, 5040, 5080, 5120]))
    assert times(film) == pytest.approx([0, 0.04, 0.08, 0.12])


def test_a_limit_ends_the_film_early(tmp_path: Path) -> None:
    film = Film.open(write_film(tmp_path / "film.mp4", [shade(n) for n in range(20)]))
    assert len(times(film, limit_s=0.4)) == 10
    assert times(film, limit_s=0.0) == []
    assert film.broken is None


@pytest.mark.parametrize("degrees", [90, -90, 180])
def test_turned_films_come_upright(degrees: int, tmp_path: Path) -> None:
    """The file holds the picture turned the other way and says by how much to turn it back."""
    upright = shade(3, 48, 64)
    stored = np.ascontiguousarray(np.rot90(upright, -degrees // 90))
    path = write_film(tmp_path / "phone.mp4", [stored] * 3, rotation=degrees)
    for reader in (AvReader(), CvReader()):
        film = Film.open(path, (reader,))
        assert (film.info.height, film.info.width) == (48, 64)
        frame = next(film.frames())
        assert frame.rgb.shape == (48, 64, 3)
        assert np.abs(frame.rgb.astype(int) - upright).mean() < 8
        small = next(film.frames(side=32)).rgb
        assert small[3, 3, 0] > 180 > small[28, 28, 0]
    assert abs(Film.open(path).info.rotation) == abs(degrees)


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [("gray.mkv", "ffv1", "gray"), ("alpha.mkv", "ffv1", "bgra"), ("ten.mkv", "ffv1", "yuv420p10le"),
     ("motion.avi", "mjpeg", "yuvj420p"), ("old.mp4", "mpeg4", "yuv420p")],
)  # fmt: skip
def test_gray_alpha_and_deep_films_become_rgb(name: str, codec: str, pix_fmt: str, tmp_path: Path) -> None:
    film = Film.open(write_film(tmp_path / name, [shade(n) for n in range(5)], codec=codec, pix_fmt=pix_fmt))
    frames = list(film.frames())
    assert [level(f.rgb) for f in frames] == pytest.approx([40 + 6 * n for n in range(5)], abs=4)
    if pix_fmt == "gray":
        assert all((f.rgb[..., :1] == f.rgb).all() for f in frames)
    else:
        assert frames[0].rgb[4, 4, 0] > 180 > frames[0].rgb[4, 4, 1]


@pytest.mark.parametrize("size", [(2, 2), (1, 1), (3, 5), (640, 2), (2160, 3840)])
def test_any_size_of_picture(size: tuple[int, int], tmp_path: Path) -> None:
    path = write_film(
        tmp_path / "size.mkv", [np.full((*size, 3), 90, np.uint8)] * 2, codec="mjpeg", pix_fmt="yuvj444p"
    )
    film = Film.open(path)
    assert (film.info.height, film.info.width) == size
    small = [f.rgb for f in film.frames(side=256)]
    assert [rgb.shape for rgb in small] == [(256, 256, 3)] * 2
    assert np.abs(small[0].astype(int) - 90).max() <= 3


def test_sound_is_noticed_and_is_no_film_by_itself(tmp_path: Path) -> None:
    song = write_sound(tmp_path / "song.m4a")
    with pytest.raises(MediaError, match=r"song\.m4a: it holds audio but no moving picture"):
        Film.open(song)
    path = tmp_path / "both.mp4"
    silent = write_film(tmp_path / "film.mp4", [shade(n) for n in range(12)])
    with av.open(str(path), "w") as out, av.open(str(silent)) as pictures, av.open(str(song)) as sound:
        sources = (pictures.streams.video[0], sound.streams.audio[0])
        for source, stream in [(s, out.add_stream_from_template(s)) for s in sources]:
            for packet in source.container.demux(source):
                if packet.dts is not None:
                    packet.stream = stream
                    out.mux(packet)
    assert Film.open(path).info.has_audio
    assert len(times(Film.open(path))) == 12


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "there is no such file"), (b"", "it is empty"), (b"not a film\n" * 50, "Invalid data")],
)
def test_what_is_no_film_is_refused_in_one_line(
    content: bytes | None, words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "film.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MediaError) as caught:
        Film.open(path)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_folder_without_pictures_is_no_film(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="there are no pictures of that name"):
        Film.open(tmp_path)


def noise(n: int) -> Picture:
    return np.random.default_rng(n).integers(0, 256, (48, 64, 3), np.uint8)


def test_a_film_cut_short_yields_what_is_there(tmp_path: Path) -> None:
    whole = write_film(tmp_path / "whole.mp4", [noise(n) for n in range(100)], muxer={"movflags": "faststart"})
    data = whole.read_bytes()
    short = tmp_path / "short.mp4"
    short.write_bytes(data[: len(data) // 2])
    film = Film.open(short)
    there = times(film)
    assert 20 < len(there) < 60
    assert there == pytest.approx([0.04 * n for n in range(len(there))], abs=1e-3)
    assert film.broken
    assert "\n" not in film.broken


def test_damage_in_the_middle_is_stepped_over_and_told(tmp_path: Path) -> None:
    whole = write_film(tmp_path / "whole.mov", [noise(n) for n in range(40)], codec="png", pix_fmt="rgb24")
    data = bytearray(whole.read_bytes())
    at = [n for n in range(len(data)) if data.startswith(b"\x89PNG", n)][20]
    data[at : at + 64] = bytes(64)
    hurt = tmp_path / "hurt.mov"
    hurt.write_bytes(data)
    film = Film.open(hurt)
    assert times(film) == pytest.approx([0.04 * n for n in range(40) if n != 20])
    assert film.broken is not None
    assert film.broken.startswith("after 0.76 s: ")


def test_a_film_cut_before_its_index_cannot_be_opened(tmp_path: Path) -> None:
    whole = write_film(tmp_path / "whole.mp4", [noise(n) for n in range(20)])
    (tmp_path / "short.mp4").write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(MediaError, match=r"cannot read film .*short\.mp4: "):
        Film.open(tmp_path / "short.mp4")


class Script:
    """A reader that plays given stamps, or cannot open."""

    has_packets = False

    def __init__(self, *stamps: float | None, opens: bool = True) -> None:
        self.stamps = stamps
        self.opens = opens
        self.closed = 0

    def probe(self, path: Path) -> FilmInfo:
        if not self.opens:
            raise UnopenedError("it is written in runes")
        return FilmInfo(2, 2, 0, None, 10.0, has_audio=False)

    def pictures(self, path: Path, side: int | None) -> Pictures:
        try:
            for stamp in self.stamps:
                yield stamp, shade(0, 2, 2)
        finally:
            self.closed += 1
        return "the end is missing"


def test_missing_and_backward_stamps_go_on_at_the_rate(tmp_path: Path) -> None:
    (tmp_path / "any").write_bytes(b"x")
    film = Film.open(tmp_path / "any", (Script(7.0, None, 7.05, 7.3, 3.0, 7.4, 7.4, None, 9.0),))
    assert times(film) == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 2.0])
    assert film.broken == "the end is missing"
    assert times(Film.open(tmp_path / "any", (Script(None, None, 0.5, None),))) == pytest.approx([0, 0.1, 0.2, 0.3])


def test_the_second_reader_is_asked_when_the_first_cannot(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", [shade(n) for n in range(5)])
    film = Film.open(path, (Script(opens=False), CvReader()))
    assert len(times(film)) == 5
    with pytest.raises(MediaError, match="it is written in runes"):
        Film.open(path, (Script(opens=False),))


def test_a_film_left_early_is_closed(tmp_path: Path) -> None:
    (tmp_path / "any").write_bytes(b"x")
    script = Script(0.0, 0.1, 0.2)
    frames = Film.open(tmp_path / "any", (script,)).frames()
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert script.closed == 1


def with_matrix(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Give an MP4's picture the display matrix (a, b, c, d), in its track header."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 4 + 20 + 8 + 8
    for place, value in zip((0, 1, 3, 4), matrix, strict=True):
        struct.pack_into(">i", data, at + 4 * place, value * 65536)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("matrix", "red"),
    [((1, 0, 0, 1), (0, 0)), ((-1, 0, 0, 1), (0, 1)), ((1, 0, 0, -1), (1, 0)), ((-1, 0, 0, -1), (1, 1))],
    ids=["plain", "mirrored", "upside down and mirrored", "turned"],
)
def test_a_mirrored_film_is_mirrored_and_not_turned(
    matrix: tuple[int, int, int, int], red: tuple[int, int], tmp_path: Path
) -> None:
    path = with_matrix(write_film(tmp_path / "film.mp4", [shade(n) for n in range(3)]), matrix)
    [rgb, *_] = (frame.rgb for frame in Film.open(path, (AvReader(),)).frames())
    corner = (
        rgb[:: rgb.shape[0] - 1, :: rgb.shape[1] - 1, 0].astype(int)
        - rgb[:: rgb.shape[0] - 1, :: rgb.shape[1] - 1, 1]
    )
    assert tuple(int(n) for n in np.unravel_index(corner.argmax(), corner.shape)) == red


def test_a_cover_picture_without_its_flag_is_not_the_film(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        cover, moving = container.add_stream("mjpeg", rate=25), container.add_stream("libx264", rate=25)
        cover.height, cover.width, cover.pix_fmt = 96, 128, "yuvj420p"
        moving.height, moving.width, moving.pix_fmt = 48, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(shade(0, 96, 128), format="rgb24")
        container.mux([*cover.encode(frame), *cover.encode(None)])
        for n in range(10):
            frame = av.VideoFrame.from_ndarray(shade(n), format="rgb24")
            frame.pts = n
            container.mux(moving.encode(frame))
        container.mux(moving.encode(None))
    film = Film.open(path, (AvReader(),))
    assert (film.info.width, film.info.height) == (64, 48)
    assert len(list(film.frames())) == 10


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (os.fsdecode(b"bad\xff.mp4"), r"'bad\\udcff\.mp4': its name is not UTF-8: rename it"),
        ("https://example.com/a.mp4", "https addresses are not read: save it to a file first"),
        ("rtsp://camera/1", "rtsp addresses are not read"),
    ],
)
def test_names_that_cannot_be_files_are_refused_in_one_line(name: str, words: str) -> None:
    with pytest.raises(MediaError, match=words) as caught:
        Film.open(Path(name))
    str(caught.value).encode()


def with_sound_later(tmp_path: Path, name: str, late_s: float) -> Path:
    """A film of 0.8 s whose sound, half a second long, begins late."""
    path = tmp_path / name
    with av.open(str(path), "w") as container:
        pictures, sound = container.add_stream("libx264", rate=25), container.add_stream("aac", rate=44100)
        pictures.height, pictures.width, pictures.pix_fmt = 48, 64, "yuv420p"
        for n in range(20):
            frame = av.VideoFrame.from_ndarray(shade(n), format="rgb24")
            frame.pts = n
            container.mux(pictures.encode(frame))
        container.mux(pictures.encode(None))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 22050), np.float32), format="fltp", layout="mono")
        silence.rate, silence.pts = 44100, round(44100 * late_s)
        container.mux([*sound.encode(silence), *sound.encode(None)])
    return path


@pytest.mark.parametrize("name", ["film.mkv", "film.mp4", "film.mov", "film.ts"])
def test_a_film_whose_sound_begins_late_is_not_damaged(tmp_path: Path, name: str) -> None:
    film = Film.open(with_sound_later(tmp_path, name, 4.0), (AvReader(),))
    assert len(times(film)) == 20
    assert film.broken is None


def test_wide_pixels_are_shown_wide(tmp_path: Path) -> None:
    path = tmp_path / "dvd.mpg"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        for n in range(5):
            frame = av.VideoFrame.from_ndarray(shade(n), format="rgb24")
            frame.pts = n
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    film = Film.open(path, (AvReader(),))
    assert (film.info.width, film.info.height) == (85, 48)
    assert next(film.frames()).rgb.shape == (48, 85, 3)
