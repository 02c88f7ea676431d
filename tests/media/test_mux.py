"""Small films made by PyAV, given music by `mux`, and read back by PyAV."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from av.stream import Disposition
from numpy.typing import NDArray

from score_bridge.errors import MediaError
from score_bridge.media import mux as module
from score_bridge.media.audio import RATE, Samples
from score_bridge.media.film import Film, readers
from score_bridge.media.wide_range import HLG, PQ
from tests.media.test_film import with_matrix

EVEN = tuple(i / 25 for i in range(40))
JERKY = (0.0, 0.04, 0.3, 0.34, 1.0, 1.5, 1.56)
MS = Fraction(1, 1000)
Make = Callable[..., Path]


def mux(film: Path, *what: Any, **how: Any) -> None:
    module.mux(Film.open(film), *what, **how)


@dataclass(frozen=True)
class Recipe:
    """A film of grey pictures, each darker by its number, with a red corner at the top left.

    Its sound has clicks at the seconds given, or is a tone of 440 Hz.
    """

    name: str = "film.mp4"
    codec: str = "libx264"
    pixels: str = "yuv420p"
    size: tuple[int, int] = (64, 48)
    times: Sequence[float] = EVEN
    sound: Sequence[float] = ()
    tone: bool = False
    sound_codec: str = "aac"
    offset: float = 0.0
    rotation: int = 0
    options: dict[str, str] = field(default_factory=dict)


def picture(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    width, height = size
    pixels = np.full((height, width, 3), 240 - 5 * number, np.uint8)
    pixels[: height // 2, : width // 2] = (220, 30, 30)
    return pixels


def reddest_quarter(frame: Any) -> tuple[int, int]:
    """Row and column of where the corner of `picture` has come to."""
    pixels = frame.to_ndarray(format="rgb24").astype(int)
    height, width = pixels.shape[:2]
    redness = (pixels[..., 0] - pixels[..., 1]).reshape(2, height // 2, 2, width // 2).mean(axis=(1, 3))
    return divmod(int(redness.argmax()), 2)


def clicks(times: Sequence[float], rate: int, seconds: float = 2.0, level: float = 0.7) -> NDArray[np.float32]:
    sound = np.zeros(round(seconds * rate), np.float32)
    for time in times:
        sound[round(time * rate)] = level
    return sound


def music(times: Sequence[float] = (), seconds: float = 2.0, level: float = 0.7) -> Samples:
    return np.repeat(clicks(times, RATE, seconds, level)[:, None], 2, axis=1)


def make_film(folder: Path, recipe: Recipe) -> Path:
    path = folder / recipe.name
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream(recipe.codec, rate=25, options=recipe.options)
        video.width, video.height, video.pix_fmt = *recipe.size, recipe.pixels
        video.codec_context.time_base = MS
        if recipe.rotation:
            video.set_display_rotation(recipe.rotation)
        if recipe.sound or recipe.tone:
            write_sound(container, recipe)
        for number, time in enumerate(recipe.times):
            frame = av.VideoFrame.from_ndarray(picture(number, recipe.size), "rgb24")
            frame.pts, frame.time_base = round((time + recipe.offset) / MS), MS
            frame.duration = 40
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def write_sound(container: Any, recipe: Recipe) -> None:
    stream = container.add_stream(recipe.sound_codec, rate=44_100)
    stream.layout = "mono"
    tone = 0.5 * np.sin(np.arange(2 * 44_100) * 2 * np.pi * 440 / 44_100)
    sound = tone.astype(np.float32) if recipe.tone else clicks(recipe.sound, 44_100)
    frame = av.AudioFrame.from_ndarray(sound[None], "flt", "mono")
    frame.sample_rate, frame.pts, frame.time_base = 44_100, round(recipe.offset * 44_100), Fraction(1, 44_100)
    fitted = av.AudioResampler(stream.format.name, "mono", 44_100, frame_size=stream.codec_context.frame_size)
    for part in [*fitted.resample(frame), *fitted.resample(None), None]:
        container.mux(stream.encode(part))


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda **recipe: make_film(tmp_path, Recipe(**recipe))


def frames(path: Path) -> list[Any]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def shown(path: Path) -> list[float]:
    """When each picture is shown, seconds."""
    with av.open(str(path)) as container:
        base = container.streams.video[0].time_base or Fraction(1)
        return [float((frame.pts or 0) * base) for frame in container.decode(video=0)]


def packets(path: Path) -> list[bytes]:
    """The picture's packets; they have to be in order and to begin with a key frame."""
    with av.open(str(path)) as container:
        found = [packet for packet in container.demux(video=0) if packet.size]
    assert found[0].is_keyframe
    if path.suffix == ".mp4":
        assert all((before.dts or 0) < (after.dts or 0) for before, after in pairwise(found))
    return [bytes(packet) for packet in found]


def heard(path: Path) -> NDArray[np.float32]:
    """The sound's left side at RATE; it has to begin at 0."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("flt", "stereo", RATE)
        parts = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    assert parts[0].pts == 0
    return np.concatenate([part.to_ndarray().reshape(-1, 2)[:, 0] for part in parts])


def clicks_heard(path: Path, threshold: float = 0.1) -> list[float]:
    """The seconds of every peak, at least 50 ms apart, to a tenth of a millisecond."""
    sound, found = np.abs(heard(path)), []
    while sound.max() > threshold:
        at = int(sound.argmax())
        found.append(round(at / RATE, 4))
        sound[max(0, at - RATE // 20) : at + RATE // 20] = 0
    return sorted(found)


# --- copying -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.mov"])
@pytest.mark.parametrize("bframes", ["0", "3"])
def test_h264_is_copied_as_it_is(make: Make, tmp_path: Path, name: str, bframes: str) -> None:
    film = make(name=name, options={"bf": bframes})
    mux(film, music([0.25, 1.0]), tmp_path / "out.mp4")
    assert packets(tmp_path / "out.mp4") == packets(film)
    assert shown(tmp_path / "out.mp4") == pytest.approx(EVEN, abs=1e-3)
    assert clicks_heard(tmp_path / "out.mp4") == pytest.approx([0.25, 1.0], abs=2e-4)


def test_a_transport_stream_is_copied_and_begins_at_0(make: Make, tmp_path: Path) -> None:
    film = make(name="film.ts", options={"bf": "2"}, offset=5.0, sound=[1.0], sound_codec="mp2")
    mux(film, music([0.5]), tmp_path / "out.mp4", keep_audio=1.0)
    assert len(packets(tmp_path / "out.mp4")) == len(EVEN)
    assert shown(tmp_path / "out.mp4") == pytest.approx(EVEN, abs=1e-3)
    assert clicks_heard(tmp_path / "out.mp4") == pytest.approx([0.5, 1.01], abs=0.015)


def test_uneven_times_are_kept_in_a_copy(make: Make, tmp_path: Path) -> None:
    mux(make(times=JERKY, options={"bf": "0"}), music(), tmp_path / "out.mp4")
    assert shown(tmp_path / "out.mp4") == pytest.approx(JERKY, abs=1e-3)


def test_a_copy_stays_turned(make: Make, tmp_path: Path) -> None:
    mux(make(rotation=90), music(), tmp_path / "out.mp4")
    assert frames(tmp_path / "out.mp4")[0].rotation == 90


def test_a_stream_that_begins_between_key_frames_begins_at_its_first_whole_picture(
    make: Make, tmp_path: Path
) -> None:
    film = make(name="film.ts", options={"bf": "0", "g": "10", "sc_threshold": "0"})
    with av.open(str(film)) as container:
        starts = [packet.pos or 0 for packet in container.demux(video=0) if packet.size]
    film.write_bytes(film.read_bytes()[starts[4] // 188 * 188 :])
    mux(film, music([0.5]), tmp_path / "out.mp4")
    times = shown(tmp_path / "out.mp4")
    assert times[0] == 0
    assert len(times) == 30
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.video[0].frames == 30
    assert clicks_heard(tmp_path / "out.mp4") == pytest.approx([0.5], abs=2e-4)


@pytest.mark.parametrize("name", ["film.avi", "film.h264"])
def test_h264_without_times_is_encoded(make: Make, tmp_path: Path, name: str) -> None:
    mux(make(name=name, options={"bf": "2"}), music(), tmp_path / "out.mp4")
    times = shown(tmp_path / "out.mp4")
    assert len(times) == len(EVEN)
    assert all(earlier < later for earlier, later in pairwise(times))


def test_what_cannot_be_copied_after_all_is_encoded(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(job: object, container: object) -> None:
        raise av.InvalidDataError(1, "no")

    film = make()
    monkeypatch.setattr(module, "_copy", refuse)
    mux(film, music(), tmp_path / "out.mp4")
    assert packets(tmp_path / "out.mp4") != packets(film)
    assert len(shown(tmp_path / "out.mp4")) == len(EVEN)


# --- encoding ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codec", "pixels", "name"),
    [
        ("mpeg4", "yuv420p", "film.mp4"), ("mpeg4", "yuv420p", "film.avi"), ("mjpeg", "yuvj420p", "film.mov"),
        ("ffv1", "bgr0", "film.mkv"), ("ffv1", "yuv444p", "film.mkv"),
    ],
)  # fmt: skip
def test_other_films_become_h264_in_time_and_colour(
    make: Make, tmp_path: Path, codec: str, pixels: str, name: str
) -> None:
    options = {"qscale": "2"} if codec in ("mpeg4", "mjpeg") else {}
    mux(make(codec=codec, pixels=pixels, name=name, options=options), music([0.25, 1.0]), tmp_path / "out.mp4")
    got = frames(tmp_path / "out.mp4")
    assert shown(tmp_path / "out.mp4") == pytest.approx(EVEN, abs=1e-3)
    assert clicks_heard(tmp_path / "out.mp4") == pytest.approx([0.25, 1.0], abs=2e-4)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.video[0].codec_context.name == "h264"
    assert got[0].format.name == "yuv420p"
    assert (got[0].colorspace == 1) == (pixels == "bgr0")
    for number in (0, 20, 39):
        error = got[number].to_ndarray(format="rgb24").astype(int) - picture(number, (64, 48))
        assert np.abs(error[30:, 40:]).mean() < 6
        assert np.abs(error[5:18, 5:25]).mean() < 12


@pytest.mark.parametrize("size", [(63, 47), (64, 47), (63, 48)])
def test_odd_sizes_lose_a_line(make: Make, tmp_path: Path, size: tuple[int, int]) -> None:
    mux(make(codec="ffv1", pixels="bgr0", size=size, name="film.mkv"), music(), tmp_path / "out.mp4")
    first = frames(tmp_path / "out.mp4")[0]
    assert (first.width, first.height) == (size[0] // 2 * 2, size[1] // 2 * 2)


def test_a_film_of_one_line_is_too_small(make: Make, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="64 x 1 pixels is too small"):
        mux(make(codec="ffv1", pixels="bgr0", size=(64, 1), name="film.mkv"), music(), tmp_path / "out.mp4")
    assert not list(tmp_path.glob("*out*"))


def test_uneven_times_are_kept_when_encoded(make: Make, tmp_path: Path) -> None:
    mux(make(codec="ffv1", name="film.mkv", times=JERKY), music(), tmp_path / "out.mp4")
    assert shown(tmp_path / "out.mp4") == pytest.approx(JERKY, abs=1e-3)
    with av.open(str(tmp_path / "out.mp4")) as container:
        for stream in (container.streams.video[0], container.streams.audio[0]):
            assert float((stream.duration or 0) * (stream.time_base or 0)) == pytest.approx(1.6, abs=0.01)


@pytest.mark.parametrize(("rotation", "red"), [(90, (1, 0)), (180, (1, 1)), (-90, (0, 1))])
def test_turned_films_are_set_upright(make: Make, tmp_path: Path, rotation: int, red: tuple[int, int]) -> None:
    """A quarter turn counter-clockwise brings the top left corner to the bottom left: row 1, column 0."""
    mux(make(codec="mpeg4", rotation=rotation), music(), tmp_path / "out.mp4")
    first = frames(tmp_path / "out.mp4")[0]
    assert first.rotation == 0
    assert (first.width, first.height) == ((64, 48) if rotation == 180 else (48, 64))
    assert reddest_quarter(first) == red


@pytest.mark.parametrize(("matrix", "red"), [((-1, 0, 0, 1), (0, 1)), ((1, 0, 0, -1), (1, 0))])
def test_mirrored_films_are_mirrored_and_not_turned(
    make: Make, tmp_path: Path, matrix: tuple[int, int, int, int], red: tuple[int, int]
) -> None:
    mux(with_matrix(make(codec="mpeg4"), matrix), music(), tmp_path / "out.mp4")
    assert reddest_quarter(frames(tmp_path / "out.mp4")[0]) == red


# --- sound ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
@pytest.mark.parametrize("offset", [0.0, 3.0])
def test_the_films_own_sound_stays_where_it_was(make: Make, tmp_path: Path, codec: str, offset: float) -> None:
    film = make(name="film.mkv", codec=codec, sound=[0.75], offset=offset)
    mux(film, music([0.25]), tmp_path / "out.mp4", keep_audio=1.0)
    assert clicks_heard(tmp_path / "out.mp4") == pytest.approx([0.25, 0.75], abs=2e-3)


def test_the_films_own_sound_is_not_torn_by_rounded_times(make: Make, tmp_path: Path) -> None:
    """Matroska rounds the times of sound to milliseconds; the tone has to stay one all the same."""
    mux(make(name="film.mkv", tone=True), music(), tmp_path / "out.mp4", keep_audio=1.0)
    part = heard(tmp_path / "out.mp4")[RATE // 4 : RATE * 5 // 4]
    spectrum = np.abs(np.fft.rfft(part * np.blackman(len(part))))
    main = spectrum[440]
    spectrum[430:451] = 0
    assert spectrum.max() < main / 300


def test_gain_scales_the_films_own_sound(make: Make, tmp_path: Path) -> None:
    film = make(sound=[0.75])
    levels = []
    for gain in (0.0, 0.5, 1.0):
        mux(film, music([0.25]), tmp_path / "out.mp4", keep_audio=gain)
        sound = np.abs(heard(tmp_path / "out.mp4"))
        levels.append(float(sound[round(0.7 * RATE) : round(0.8 * RATE)].max()))
    assert levels[0] < 0.01
    assert levels[2] == pytest.approx(2 * levels[1], rel=0.15)


def test_sound_over_sound_does_not_clip(make: Make, tmp_path: Path) -> None:
    film = make(sound=np.arange(0.1, 1.4, 1 / 441).tolist())
    mux(film, music(np.arange(0.1, 1.4, 1 / 480).tolist(), level=0.99), tmp_path / "out.mp4", keep_audio=4.0)
    assert 0.5 < np.abs(heard(tmp_path / "out.mp4")).max() <= 1.05


def test_a_film_without_sound_has_none_to_keep(make: Make, tmp_path: Path) -> None:
    mux(make(), music([0.25]), tmp_path / "out.mp4", keep_audio=1.0)
    assert clicks_heard(tmp_path / "out.mp4") == pytest.approx([0.25], abs=2e-4)


@pytest.mark.parametrize("seconds", [0.0, 0.7, 9.0])
def test_the_sound_ends_with_the_picture(make: Make, tmp_path: Path, seconds: float) -> None:
    tone = np.repeat(np.sin(np.arange(round(seconds * RATE)) / 20)[:, None] * 0.5, 2, axis=1).astype(np.float32)
    mux(make(), tone, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        (stream,) = container.streams.audio
        assert float((stream.duration or 0) * (stream.time_base or 0)) == pytest.approx(1.6, abs=1e-3)
    sound = np.abs(heard(tmp_path / "out.mp4"))
    level = [float(sound[round(t * RATE) :][: RATE // 50].max()) for t in (0.65, 0.75, 1.5, 1.578)]
    assert [round(value, 1) for value in level[:3]] == {0.0: [0, 0, 0], 0.7: [0.5, 0, 0], 9.0: [0.5] * 3}[seconds]
    assert level[3] < 0.3


# --- limits, progress, faults --------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_a_limit_ends_picture_and_sound(make: Make, tmp_path: Path, codec: str) -> None:
    mux(make(codec=codec), music([0.25, 1.0]), tmp_path / "out.mp4", limit=0.5)
    assert 13 <= len(shown(tmp_path / "out.mp4")) <= 15
    assert clicks_heard(tmp_path / "out.mp4") == pytest.approx([0.25], abs=2e-4)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_progress_rises_to_1(make: Make, tmp_path: Path, codec: str) -> None:
    told: list[float] = []
    mux(make(codec=codec), music(), tmp_path / "out.mp4", progress=told.append)
    assert told == sorted(told)
    assert told[0] == 0
    assert told[-1] == 1
    assert len(told) == len(EVEN) + 1


@pytest.mark.parametrize("codec", ["libx264", "ffv1"])
def test_of_a_film_with_a_broken_end_what_is_left_is_used(make: Make, tmp_path: Path, codec: str) -> None:
    film = make(name="film.mkv", codec=codec, sound=[0.25])
    film.write_bytes(film.read_bytes()[: film.stat().st_size * 2 // 3])
    mux(film, music([0.25]), tmp_path / "out.mp4", keep_audio=0.5)
    times = shown(tmp_path / "out.mp4")
    assert 10 < len(times) < len(EVEN)
    assert times == pytest.approx(EVEN[: len(times)], abs=1e-3)
    assert clicks_heard(tmp_path / "out.mp4") == pytest.approx([0.25], abs=2e-3)


def test_damage_in_the_middle_is_stepped_over(make: Make, tmp_path: Path) -> None:
    film = make(name="film.mkv", codec="ffv1")
    data = bytearray(film.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 200] = b"\xff" * 200
    film.write_bytes(data)
    mux(film, music([1.2]), tmp_path / "out.mp4")
    assert shown(tmp_path / "out.mp4")[-1] == pytest.approx(EVEN[-1], abs=1e-3)
    assert clicks_heard(tmp_path / "out.mp4") == pytest.approx([1.2], abs=2e-4)


@pytest.mark.parametrize("content", [None, b"", b"junk" * 999])
def test_what_is_no_film_is_refused_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "film.mp4").write_bytes(content)
    with pytest.raises(MediaError, match=r"film\.mp4") as caught:
        mux(tmp_path / "film.mp4", music(), tmp_path / "out.mp4")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("*out*"))


def test_sound_alone_is_no_film(tmp_path: Path) -> None:
    path = tmp_path / "sound.mka"
    with av.open(str(path), "w") as container:
        write_sound(container, Recipe(sound=[0.5], sound_codec="aac"))
    with pytest.raises(MediaError, match="no moving picture"):
        mux(path, music(), tmp_path / "out.mp4")


def test_a_folder_that_cannot_be_written_is_a_media_error(make: Make, tmp_path: Path) -> None:
    film = make()
    with pytest.raises(MediaError, match="cannot write"):
        mux(film, music(), tmp_path / "none" / "out.mp4")
    (tmp_path / "out.mp4").mkdir()
    with pytest.raises(MediaError, match="cannot write"):
        mux(film, music(), tmp_path / "out.mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4", "out.mp4"]


def test_the_film_itself_is_never_overwritten(make: Make) -> None:
    film = make()
    before = film.read_bytes()
    with pytest.raises(MediaError, match="the film itself"):
        mux(film, music(), film)
    assert film.read_bytes() == before


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_nothing_half_written_is_left_behind(
    make: Make, tmp_path: Path, codec: str, error: type[BaseException]
) -> None:
    def stop(part: float) -> None:
        if part > 0.3:
            raise error

    film = make(codec=codec)
    (tmp_path / "out.mp4").write_bytes(b"the one before")
    with pytest.raises(error):
        mux(film, music(), tmp_path / "out.mp4", progress=stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4", "out.mp4"]
    assert (tmp_path / "out.mp4").read_bytes() == b"the one before"


def test_a_song_with_a_cover_is_no_film(tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        cover: Any = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        image = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
        write_sound(container, Recipe(sound=[0.5]))
        container.mux([*cover.encode(image), *cover.encode(None)])
    with pytest.raises(MediaError, match="no moving picture"):
        mux(path, music(), tmp_path / "out.mp4")


# --- what cameras, broadcasts and renderers make ---------------------------------------------------------------


def test_wide_pixels_become_square(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "dvd.mpg"
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("mpeg2video", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.codec_context.sample_aspect_ratio = Fraction(4, 3)
        for number in range(10):
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture(number, (64, 48)), "rgb24")))
        container.mux(video.encode(None))
    mux(path, music(), tmp_path / "out.mp4")
    first = frames(tmp_path / "out.mp4")[0]
    assert (first.width, first.height) == (84, 48)
    assert reddest_quarter(first) == (0, 0)


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_high_dynamic_range_becomes_standard(tmp_path: Path, transfer: int) -> None:
    """A grey of diffuse white comes out light, not as the grey of its code, and the file is marked as standard."""
    path = tmp_path / "phone.mkv"
    white_code = {PQ: 0.58, HLG: 0.75}[transfer]
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("ffv1", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p10le"
        video.codec_context.color_trc, video.codec_context.color_primaries = transfer, 9
        video.codec_context.colorspace, video.codec_context.color_range = 9, 1
        grey = np.full((48, 64), round(64 + 876 * white_code), np.uint16)
        for number in range(4):
            frame = av.VideoFrame(64, 48, "yuv420p10le")
            for plane, values in zip(frame.planes, (grey, 512, 512), strict=True):
                lines = np.frombuffer(plane, np.uint16).reshape(plane.height, -1)
                lines[:, : plane.width] = np.asarray(values, np.uint16)
            frame.pts, frame.color_trc, frame.color_primaries, frame.colorspace = number, transfer, 9, 9
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    assert int(frames(path)[0].color_trc) == transfer
    seen = next(Film.open(path).frames(side=16)).rgb
    mux(path, music(), tmp_path / "out.mp4")
    first = frames(tmp_path / "out.mp4")[0]
    shown_rgb = first.to_ndarray(format="rgb24")
    assert seen.mean() == pytest.approx(239, abs=3)
    assert np.ptp(seen.reshape(-1, 3).mean(axis=0)) < 2
    assert shown_rgb.mean() == pytest.approx(seen.mean(), abs=3)
    assert (first.format.name, int(first.color_trc), int(first.color_primaries)) == ("yuv420p", 1, 1)


def test_sound_that_changes_its_layout_goes_on(tmp_path: Path) -> None:
    """Broadcasts go from stereo to 5.1 in the middle of a film."""
    parts: list[bytes] = []
    for layout, count in (("stereo", 2), ("5.1", 6)):
        part = tmp_path / f"{count}.ts"
        with av.open(str(part), "w") as container:
            video: Any = container.add_stream("libx264", rate=25, options={"bf": "0"})
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            sound: Any = container.add_stream("ac3", rate=48_000)
            sound.layout = layout
            offset = len(parts)
            for number in range(25):
                frame = av.VideoFrame.from_ndarray(picture(number, (64, 48)), "rgb24")
                frame.pts = number + 25 * offset
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
            samples = np.repeat(clicks([0.5], 48_000, 1.0)[None], count, axis=0)
            heard_frame = av.AudioFrame.from_ndarray(samples, "fltp", layout)
            heard_frame.sample_rate, heard_frame.pts = 48_000, 48_000 * offset
            fitted = av.AudioResampler("fltp", layout, 48_000, frame_size=sound.codec_context.frame_size)
            for piece in [*fitted.resample(heard_frame), *fitted.resample(None), None]:
                container.mux(sound.encode(piece))
        parts.append(part.read_bytes())
    film = tmp_path / "broadcast.ts"
    film.write_bytes(b"".join(parts))
    mux(film, music(), tmp_path / "out.mp4", keep_audio=1.0)
    assert clicks_heard(tmp_path / "out.mp4", 0.05) == pytest.approx([0.5, 1.5], abs=0.03)


def test_pictures_in_a_folder_become_a_film(tmp_path: Path) -> None:
    folder = tmp_path / "shots"
    folder.mkdir()
    for number in range(12):
        cv2.imwrite(str(folder / f"shot{number}.png"), picture(number, (64, 48))[..., ::-1])
    module.mux(Film.open(folder, readers(fps=10)), music([0.5]), tmp_path / "out.mp4", keep_audio=1.0)
    assert shown(tmp_path / "out.mp4") == pytest.approx([n / 10 for n in range(12)], abs=1e-3)
    assert reddest_quarter(frames(tmp_path / "out.mp4")[0]) == (0, 0)
    assert clicks_heard(tmp_path / "out.mp4") == pytest.approx([0.5], abs=2e-4)
