"""A film with music: its picture as it is (H.264) or encoded anew, and the music as its sound, in one MP4 file."""

import contextlib
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Final

import av

from score_bridge.errors import MediaError
from score_bridge.media.audio import Samples
from score_bridge.media.av_reader import moving_picture
from score_bridge.media.film import Film
from score_bridge.media.mux_picture import Upright, add_encoder
from score_bridge.media.mux_sound import SoundTrack, decode_sound, film_sound, mix_sound, open_film
from score_bridge.media.picture_files import DEFAULT_FPS

Progress = Callable[[float], None]
FOREVER: Final = 24 * 3600.0
_LOOK: Final = 25
log = logging.getLogger(__name__)


def mux(
    film: Film,
    samples: Samples,
    out: Path,
    *,
    keep_audio: float = 0.0,
    limit: float | None = None,
    progress: Progress | None = None,
) -> None:
    """Write `out`, an MP4 of the film's picture with `samples` as its sound, both beginning at the first picture.

    `samples` are float32, shape (n, 2), at 48 kHz; they end with the picture, faded, or go on as silence. The film's
    own sound stays under them at gain `keep_audio` (0 leaves it out). H.264 is copied as it is; all else is encoded
    to H.264, each picture at its own time, with square pixels and in standard range.
    `limit` ends the film after that many seconds (where pictures are copied,
    a few of them later). `progress` is called with the part done, 0..1.
    `out` appears complete or not at all. MediaError, one line, if the film cannot be read or `out` not written.
    """
    if out.exists() and out.samefile(film.path):
        raise MediaError(f"{out} is the film itself; write elsewhere")
    source = _probe(film)
    until = min(limit or FOREVER, FOREVER)
    own = film_sound(film.path, source.start, until) if keep_audio and film.info.has_audio else None
    job = _Job(source, mix_sound(samples, own, keep_audio), until, progress or (lambda _: None))
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        _write(job, part)
        os.replace(part, out)
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"cannot write {out} from {film.path}: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    job.progress(1.0)


@dataclass(frozen=True)
class _Source:
    """What the first pictures show.

    `copies`: they are H.264 and know their times. `start` is the first one's time, `seconds` the claimed length.
    """

    film: Film
    copies: bool
    start: Fraction
    seconds: float
    rate: Fraction


@dataclass(frozen=True)
class _Job:
    source: _Source
    sound: Samples
    until: float
    progress: Progress

    def report(self, seconds: float) -> None:
        """Report that the film is done up to `seconds`."""
        self.progress(min(0.99, max(0.0, seconds / min(self.until, self.source.seconds))))


class _CannotCopyError(Exception):
    """The packets' times are not all known: the pictures have to be decoded."""


def _probe(film: Film) -> _Source:
    length = film.info.duration or FOREVER
    if not film.reader.has_packets:
        return _Source(
            film, False, Fraction(0), length, Fraction(film.info.fps or DEFAULT_FPS).limit_denominator(1001)
        )
    with open_film(film.path) as container:
        stream = moving_picture(container, film.path)
        stamps = [frame.pts for frame in islice(decode_sound(container, stream), _LOOK)]
        if not stamps:
            raise MediaError(f"no picture of {film.path} can be decoded")
        known = None not in stamps and all(a < b for a, b in pairwise(stamps))
        rate = Fraction(stream.average_rate or stream.guessed_rate or DEFAULT_FPS)
        copies = known and stream.codec_context.name == "h264"
        return _Source(film, copies, Fraction((stamps[0] or 0) * stream.time_base), length, rate)


def _write(job: _Job, part: Path) -> None:
    ways = (_copy, _encode) if job.source.copies else (_encode,)
    for way in ways:
        try:
            with av.open(f"file:{part}", "w", format="mp4", options={"movflags": "+faststart"}) as container:
                way(job, container)
        except (av.FFmpegError, _CannotCopyError) as error:
            if way is ways[-1]:
                raise
            log.info("%s cannot be copied, encoding it: %s", job.source.film.path, error)
        else:
            return


# --- copying -------------------------------------------------------------------------------------------------


def _copy(job: _Job, container: Any) -> None:
    with open_film(job.source.film.path) as source:
        stream = moving_picture(source, job.source.film.path)
        out = container.add_stream_from_template(stream)
        sound = SoundTrack(container, job.sound)
        shift, each, end = round(job.source.start / stream.time_base), 1 / job.source.rate, Fraction(0)
        for packet in _select_packets(source, stream, job):
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            end = max(end, packet.pts * packet.time_base + ((packet.duration or 0) * packet.time_base or each))
            now = float(packet.dts * packet.time_base)
            packet.stream = out
            sound.write_until(now)
            container.mux(packet)
            job.report(now)
        if not end:
            raise _CannotCopyError("it has no picture that stands alone")
        sound.finish(float(end))


def _select_packets(source: Any, stream: Any, job: _Job) -> Iterator[Any]:
    """Yield packets from the first key frame to the last one shown before `until`, and those it depends on."""
    begun, held = False, []
    with contextlib.suppress(av.InvalidDataError):
        for packet in _fill_decoding_times(source.demux(stream), 1 / job.source.rate):
            begun = begun or packet.is_keyframe
            if packet.dts * packet.time_base - job.source.start >= job.until:
                return
            if begun and not packet.is_corrupt:
                held.append(packet)
            if packet.pts * packet.time_base - job.source.start < job.until:
                yield from held
                held = []


def _fill_decoding_times(packets: Iterator[Any], each: Fraction) -> Iterator[Any]:
    """Yield packets with both times; the first decoding times, which Matroska leaves out, are counted back."""
    held: list[Any] = []
    for packet in packets:
        if not packet.size:
            continue
        held.append(packet)
        if packet.pts is None or (packet.dts is None and len(held) > _LOOK):
            raise _CannotCopyError("its pictures have no times")
        if packet.dts is not None:
            for back, earlier in enumerate(reversed(held)):
                earlier.dts = packet.dts - back * max(1, round(each / packet.time_base))
            yield from held
            held = []


# --- encoding ------------------------------------------------------------------------------------------------


def _encode(job: _Job, container: Any) -> None:
    upright = out = sound = None
    end = Fraction(0)
    for frame, seconds, length in _timed_frames(job.source):
        if seconds >= job.until:
            break
        upright = upright or Upright(frame, job.source.film.info)
        picture = upright(frame, seconds, length)
        if out is None or sound is None:
            out, sound = add_encoder(container, picture, job.source.rate), SoundTrack(container, job.sound)
        sound.write_until(float(seconds))
        container.mux(out.encode(picture))
        job.report(float(seconds))
        end = seconds + length
    if out is None or sound is None:
        raise MediaError(f"no picture of {job.source.film.path} can be decoded")
    container.mux(out.encode(None))
    sound.finish(float(end))


def _timed_frames(source: _Source) -> Iterator[tuple[Any, Fraction, Fraction]]:
    """Yield (frame, seconds since the first, length), strictly rising; where a stamp is missing or falls back the
    rate continues: the rule of `Film.frames`, so that music made for those pictures stays with them.
    """
    each = 1 / source.rate
    if not source.film.reader.has_packets:
        for picture in source.film.frames():
            yield av.VideoFrame.from_ndarray(picture.rgb, "rgb24"), Fraction(picture.time_s), each
        return
    now = -each
    with open_film(source.film.path) as container:
        stream = moving_picture(container, source.film.path)
        stream.thread_type = "AUTO"
        for frame in decode_sound(container, stream):
            stamped = now if frame.pts is None else Fraction(frame.pts * frame.time_base) - source.start
            now = stamped if stamped > now else now + each
            yield frame, now, Fraction((frame.duration or 0) * frame.time_base) or each
