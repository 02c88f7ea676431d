"""Notes to sound: a SoundFont played by midirenderer (rustysynth), levelled, as samples and WAV files.

Samples are float32, shape (n, 2), -1..1. The renderer knows one rate, 48 kHz, which is also that of film sound.
"""

import dataclasses
import io
import math
import struct
import wave
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

import av
import midirenderer
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from score_bridge.errors import MediaError
from score_bridge.music.midi.writer import Sheet, midi_bytes
from score_bridge.music.notes import Note

Samples = NDArray[np.float32]

RATE: Final = 48_000
TAIL: Final = 2.0
CEILING: Final = 10 ** (-3 / 20)
_DRIVE: Final = 10 ** (3 / 20)
_SEGMENT: Final = 30.0
_RELEASE: Final = 4.0
_MAX_FONT: Final = 2 * 1024**3
_CHUNK: Final = 1 << 20


def render(
    notes: Iterable[Note], seconds: float, soundfont: Path | None = None, rate: int = RATE, tail: float = TAIL
) -> Samples:
    """Play notes from second 0 and return the sound, its loudest place at about -3 dBFS (silence stays silent).

    It is exactly `seconds` + `tail` long: what still sounds at `seconds` fades to nothing over `tail` seconds. A
    minute is 23 MB. `soundfont` (.sf2) defaults to the one that comes with the package; `rate` is samples a second.
    MediaError for a soundfont that cannot be read.
    """
    mix = _raw(notes, seconds, soundfont or default_soundfont(), tail)
    normalise(mix)
    return resample(mix, RATE, rate)


def render_stems(
    parts: Mapping[str, Iterable[Note]], seconds: float, soundfont: Path | None = None
) -> tuple[Samples, dict[str, Samples]]:
    """Play parts as `render` plays notes; return the mix of all, and each by itself at the level it has in the mix.

    The stems add up to the mix.
    """
    path = soundfont or default_soundfont()
    stems = {name: _raw(notes, seconds, path, TAIL) for name, notes in parts.items()}
    mix: Samples = np.sum(list(stems.values()), axis=0, dtype=np.float32)
    normalise(mix, *stems.values())
    return mix, stems


def default_soundfont() -> Path:
    """Return where the SoundFont that comes with the package lies: General MIDI, public domain."""
    return Path(str(files("score_bridge") / "assets" / "sf_GMbank.sf2"))


def normalise(samples: Samples, *beside: Samples) -> None:
    """Make the sound 3 dB louder, in place, than would bring its peak to -3 dBFS, those peaks held down softly.

    beside: sounds as long, whose level is changed by as much.
    """
    peak = max(float(samples.max(initial=0.0)), -float(samples.min(initial=0.0)))
    if peak > 1e-6:
        for one in (samples, *beside):
            np.multiply(one, np.float32(CEILING * _DRIVE / peak), out=one)
        limit(samples, CEILING, *beside)


def limit(samples: Samples, ceiling: float = CEILING, *beside: Samples) -> None:
    """Lower the level, in place, around each place louder than `ceiling` (0..1), so that none is.

    The gain moves smoothly, within 0.1 s before and after, so that waves keep their shape; the rest stays as it is.
    beside: sounds as long, whose level is changed by as much.
    """
    block, reach = RATE // 1000, 40
    loud = np.maximum(samples.max(axis=1, initial=0.0), -samples.min(axis=1, initial=0.0))
    peaks = np.maximum.reduceat(loud, np.arange(0, len(loud), block)) if len(loud) else loud
    if np.max(peaks, initial=0.0) <= ceiling:
        return
    # A sample's gain lies between those of its own block and a neighbour: one block more than the smoothing reaches.
    needed = np.pad(ceiling / np.maximum(peaks, ceiling), 2 * reach + 1, constant_values=1.0)
    lowest = sliding_window_view(needed, 2 * reach + 3).min(axis=-1)
    kernel = np.hanning(2 * reach + 1)
    gain = np.convolve(lowest, kernel / kernel.sum(), "valid")
    middles = (np.arange(len(peaks)) + 0.5) * block
    for at in range(0, len(samples), _CHUNK):
        places = np.arange(at, min(at + _CHUNK, len(samples)))
        by = np.interp(places, middles, gain).astype(np.float32)[:, None]
        for one in (samples, *beside):
            one[at : at + _CHUNK] *= by


def fade_out(samples: Samples, length: int) -> None:
    """Let the last `length` samples fall to 0 along a cosine, in place."""
    length = min(length, len(samples))
    if length:
        samples[-length:] *= np.cos(np.linspace(0, math.pi / 2, length, dtype=np.float32))[:, None] ** 2


def resample(samples: Samples, rate: int, to: int) -> Samples:
    """Return the sound at `to` samples a second (libswresample), as long as before to the nearest sample."""
    if rate == to or not len(samples):
        return samples
    resampler = av.AudioResampler("flt", "stereo", to)
    parts = []
    for at in range(0, len(samples), _CHUNK):
        frame = av.AudioFrame.from_ndarray(samples[at : at + _CHUNK].reshape(1, -1), "flt", "stereo")
        frame.sample_rate, frame.pts = rate, at
        parts += resampler.resample(frame)
    parts += resampler.resample(None)
    out = np.concatenate([part.to_ndarray().reshape(-1, 2) for part in parts])
    length = round(len(samples) * to / rate)
    return np.pad(out, ((0, max(0, length - len(out))), (0, 0)))[:length]


def write_wav(path: Path, samples: Samples, rate: int = RATE) -> None:
    """Write a 16-bit stereo WAV file. MediaError if it cannot be written or would be over 4 GB."""
    try:
        with path.open("wb") as file, wave.open(file, "wb") as out:
            out.setparams((2, 2, rate, len(samples), "NONE", ""))
            for at in range(0, len(samples), _CHUNK):
                out.writeframes(np.rint(np.clip(samples[at : at + _CHUNK], -1, 1) * 32767).astype("<i2").tobytes())
    except (OSError, struct.error) as error:
        raise MediaError(f"cannot write {path}: {error}") from None


def _raw(notes: Iterable[Note], seconds: float, path: Path, tail: float) -> Samples:
    """The sound as the soundfont has it, faded out at its end."""
    font = _read_font(path)
    mix = np.zeros((round((seconds + tail) * RATE), 2), np.float32)
    for start, data in _segments(notes, seconds + tail):
        try:
            part = _play(font, data)[: max(0, len(mix) - start)]
        except MediaError as error:
            raise MediaError(f"{path}: {error}") from None
        mix[start : start + len(part)] += part
    fade_out(mix, round(tail * RATE))
    return mix


def _segments(notes: Iterable[Note], end: float) -> Iterator[tuple[int, bytes]]:
    """Yield (first sample, MIDI) of every 30 s: long films then need little memory and can be interrupted."""
    groups: dict[int, list[Note]] = {}
    for note in notes:
        if note.onset < end:
            groups.setdefault(int(note.onset // _SEGMENT), []).append(note)
    for number, group in sorted(groups.items()):
        start = number * _SEGMENT
        moved = [dataclasses.replace(note, onset=note.onset - start) for note in group]
        length = min(max(note.end for note in moved), end - start) + _RELEASE
        yield round(start * RATE), midi_bytes(moved, sheet=Sheet(seconds=length))


def _read_font(path: Path) -> bytes:
    try:
        if path.is_file() and path.stat().st_size <= _MAX_FONT:
            return path.read_bytes()
        reason = "it is over 2 GB" if path.is_file() else "there is no such file"
    except OSError as error:
        reason = error.strerror or str(error)
    raise MediaError(f"cannot read soundfont {path}: {reason}")


def _play(font: bytes, data: bytes) -> Samples:
    with wave.open(io.BytesIO(_render(font, data))) as sound:
        if (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) != (2, 2, RATE):
            raise MediaError(f"midirenderer made sound of an unknown kind: {sound.getparams()}")
        frames = sound.readframes(sound.getnframes())
    return np.frombuffer(frames, "<i2").reshape(-1, 2).astype(np.float32) / np.float32(32768)


def _render(font: bytes, data: bytes) -> bytes:
    try:
        wav: bytes = midirenderer.render_wave_from(font, data)
    except BaseException as error:
        # A panic inside the Rust library arrives as a BaseException of its own.
        if isinstance(error, RuntimeError | ValueError) or type(error).__name__ == "PanicException":
            raise MediaError(f"the soundfont cannot be used: {str(error).splitlines()[0]}") from None
        raise
    return wav
