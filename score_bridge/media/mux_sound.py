"""The sound of the film to be: music and the film's own sound mixed, encoded in step with the picture."""

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from score_bridge.errors import MediaError
from score_bridge.media.audio import RATE, Samples, fade_out, limit

BIT_RATE: Final = 192_000
FADE_SECONDS: Final = 0.05
_FRAME: Final = 1024
_GAP: Final = 0.05
_CEILING: Final = 10 ** (-1 / 20)


def open_film(film: Path) -> Any:
    """Open a film to read it. MediaError if there is none or it is no film."""
    try:
        return av.open(f"file:{film}")
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"cannot read {film}: {error.strerror or error}") from None


def film_sound(film: Path, start: Fraction, seconds: float) -> Samples | None:
    """Return the film's own sound from its time `start` on, at RATE, shape (n, 2) with n up to `seconds`.

    Silence stands where it has gaps, and where it is damaged. None for a film without sound.
    """
    with open_film(film) as source:
        if not source.streams.audio:
            return None
        parts = list(_place(source, source.streams.audio[0], start, seconds))
    sound = np.zeros(
        (min(round(seconds * RATE), max((at + len(part) for at, part in parts), default=0)), 2), np.float32
    )
    for at, part in parts:
        first, last = max(0, at), min(len(sound), at + len(part))
        if first < last:
            sound[first:last] = part[first - at : last - at]
    return sound


def mix_sound(music: Samples, original: Samples | None, keep_audio: float) -> Samples:
    """Return the music with the film's own sound at gain `keep_audio` under it, held below -1 dBFS."""
    if original is None or not keep_audio:
        return music
    mix = np.zeros((max(len(music), len(original)), 2), np.float32)
    mix[: len(music)] = music
    mix[: len(original)] += np.float32(keep_audio) * original
    limit(mix, _CEILING)
    return mix


def decode_sound(source: Any, stream: Any) -> Iterator[Any]:
    """Yield the frames of one stream; damaged packets are stepped over, and a damaged end is the end."""
    for packet in _packets(source, stream):
        try:
            frames = stream.decode(None) if packet is None else packet.decode()
        except av.EOFError:
            return
        except av.FFmpegError:
            continue
        for frame in frames:
            frame.time_base = frame.time_base or stream.time_base
            yield frame


def _packets(source: Any, stream: Any) -> Iterator[Any]:
    """Yield the packets of one stream and then None, which empties the decoder, even if the file breaks off."""
    with contextlib.suppress(av.FFmpegError):
        yield from (packet for packet in source.demux(stream) if packet.size)
    yield None


def _place(source: Any, stream: Any, start: Fraction, seconds: float) -> Iterator[tuple[int, Samples]]:
    """Yield (place in samples, sound). Times that jitter are smoothed over; where they jump, so does the
    place. Where the layout or the rate changes, as in broadcasts, a new resampler goes on.
    """
    resampler, kind = None, None
    due = None
    for frame in decode_sound(source, stream):
        if frame.pts is None:
            continue
        if resampler is None or kind != (frame.format.name, frame.layout.name, frame.sample_rate):
            kind = (frame.format.name, frame.layout.name, frame.sample_rate)
            resampler = av.AudioResampler("flt", "stereo", RATE)
        for part in resampler.resample(frame):
            at = round((part.pts * part.time_base - start) * RATE)
            if due is not None and abs(at - due) < _GAP * RATE:
                at = due
            if at > seconds * RATE:
                return
            due = at + part.samples
            yield at, part.to_ndarray().reshape(-1, 2)


class SoundTrack:
    """Writes samples (float32, (n, 2), at RATE) as AAC, bit by bit, so that a file has sound beside its picture."""

    def __init__(self, container: Any, samples: Samples) -> None:
        """Add the stream to an open output `container`."""
        self._container, self._samples, self._at = container, samples, 0
        self._stream = container.add_stream("aac", rate=RATE)
        self._stream.bit_rate = BIT_RATE

    def write_until(self, seconds: float) -> None:
        """Write whole AAC frames up to a moment shortly before `seconds`; the rest may still be the last."""
        while self._at + _FRAME <= (seconds - 2 * FADE_SECONDS) * RATE:
            self._write(self._samples[self._at : self._at + _FRAME], _FRAME)

    def finish(self, seconds: float) -> None:
        """Write the rest: the sound ends at `seconds`, fading if it would go on, with silence if it is shorter."""
        end = round(seconds * RATE)
        rest = self._samples[self._at : end].copy()
        if end < len(self._samples):
            fade_out(rest, round(FADE_SECONDS * RATE))
        for at in range(0, end - self._at, _FRAME):
            self._write(rest[at : at + _FRAME], min(_FRAME, end - self._at))
        self._container.mux(self._stream.encode(None))

    def _write(self, samples: Samples, length: int) -> None:
        padded = np.zeros((2, length), np.float32)
        padded[:, : len(samples)] = samples.T
        frame = av.AudioFrame.from_ndarray(padded, "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._at, Fraction(1, RATE)
        self._at += length
        self._container.mux(self._stream.encode(frame))
