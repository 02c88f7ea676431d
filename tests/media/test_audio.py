import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from score_bridge.errors import MediaError
from score_bridge.media.audio import CEILING, RATE, Samples, default_soundfont, limit, normalise, render, write_wav
from score_bridge.music.notes import Note

SCALE = (60, 62, 64, 65, 67, 69, 71, 72)
OCARINA = 79


def melody(pitches: Sequence[int], program: int = 0) -> list[Note]:
    return [Note(i, i * 0.5, 0.45, pitch, 90, program=program) for i, pitch in enumerate(pitches)]


def heard_pitch(samples: Samples, rate: int, start: float, length: float = 0.35) -> float:
    """The strongest frequency, as a MIDI number: right for pipes, whose fundamental is the strongest."""
    part = samples[round(start * rate) : round((start + length) * rate)].mean(axis=1)
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 18))
    return float(69 + 12 * np.log2(np.argmax(spectrum) * rate / (1 << 18) / 440))


def tone(level: float, seconds: float = 1.0) -> Samples:
    wave_ = level * np.sin(np.arange(round(seconds * RATE)) * 2 * np.pi * 440 / RATE)
    return np.repeat(wave_[:, None], 2, axis=1).astype(np.float32)


@pytest.mark.parametrize("rate", [RATE, 44_100])
def test_a_scale_sounds_at_its_pitches_and_times(rate: int) -> None:
    sound = render(melody(SCALE, OCARINA), 4.0, rate=rate, tail=1.0)
    assert sound.shape == (5 * rate, 2)
    assert sound.dtype == np.float32
    for i, pitch in enumerate(SCALE):
        assert heard_pitch(sound, rate, i * 0.5 + 0.05) == pytest.approx(pitch, abs=0.1)


@pytest.mark.parametrize("onset", [0.0, 0.4321, 1.25, 31.0])
def test_a_note_begins_when_it_should(onset: float) -> None:
    sound = render([Note(0, onset, 0.25, 76, 120, program=13)], onset + 0.5)
    first = int(np.argmax(np.abs(sound).max(axis=1) > 0.02)) / RATE
    assert onset <= first < onset + 0.004


def test_the_level_is_full_and_never_clips() -> None:
    quiet = render([Note(0, 0.0, 0.5, 60, 30)], 1.0)
    dense = render([Note(i, i * 0.02, 1.0, 40 + i % 40, 127) for i in range(80)], 3.0)
    for sound in (quiet, dense):
        assert CEILING * 0.9 < np.abs(sound).max() <= CEILING * 1.000_001


def test_the_tail_is_kept_and_fades_to_nothing() -> None:
    sound = np.abs(render([Note(0, 0.0, 8.0, 60, 100, program=19)], 2.0, tail=1.0)).max(axis=1)
    level = [float(sound[round(t * RATE) :][: RATE // 10].max()) for t in (1.8, 2.1, 2.5, 2.85)]
    assert level[0] > level[1] > level[2] > level[3] > 0
    assert sound[-1] < 1e-6
    assert len(sound) == 3 * RATE


def test_a_note_dies_away_after_its_end() -> None:
    sound = np.abs(render([Note(0, 0.0, 0.5, 60, 100, program=88)], 2.0)).max(axis=1)
    level = [float(sound[round(t * RATE) :][: RATE // 20].max()) for t in (0.45, 0.7, 1.0)]
    assert level[0] > level[1] > level[2] > 0.001


def test_without_a_tail_it_is_just_as_long_as_told() -> None:
    assert render(melody([60, 62]), 0.73, tail=0.0).shape == (round(0.73 * RATE), 2)
    assert render([], 0.0, tail=0.0).shape == (0, 2)
    assert render([], 0.0, rate=44_100, tail=0.0).shape == (0, 2)


def test_silence_stays_silent() -> None:
    assert not render([], 1.0).any()
    assert not render([Note(0, 9.0, 1.0, 60, 100)], 1.0).any()


def test_long_pieces_are_played_in_parts_that_join() -> None:
    held = render([Note(0, 29.0, 3.0, 60, 100, program=19), Note(1, 30.0, 1.0, 67, 1, program=19)], 33.0)
    sound = np.abs(held).max(axis=1)
    around = [float(sound[round(t * RATE) :][: RATE // 20].max()) for t in np.arange(29.5, 31.5, 0.05)]
    assert min(around) > 0.5 * max(around)


def test_the_same_notes_make_the_same_sound() -> None:
    assert np.array_equal(render(melody(SCALE), 1.0), render(melody(SCALE), 1.0))


def test_programs_and_channels_make_a_difference() -> None:
    piano, flute, drums = (
        render([Note(0, 0.0, 0.5, 60, 100, channel=channel, program=program)], 0.5)
        for channel, program in ((1, 0), (1, 73), (10, 0))
    )
    assert np.abs(piano - flute).max() > 0.1
    assert np.abs(piano - drums).max() > 0.1


# --- level ---------------------------------------------------------------------------------------------------


def test_the_limiter_leaves_quiet_sound_alone() -> None:
    sound = tone(0.5)
    limit(sound)
    assert np.array_equal(sound, tone(0.5))


def test_the_limiter_lowers_a_burst_and_its_surroundings_only() -> None:
    sound = tone(0.3)
    sound[24_000:24_100] *= 10
    limit(sound)
    assert np.abs(sound).max() <= CEILING
    assert np.array_equal(sound[:19_000], tone(0.3)[:19_000])
    assert np.array_equal(sound[29_000:], tone(0.3)[29_000:])
    assert 0 < np.abs(sound[23_950:24_000]).max() < 0.3


def test_the_limiter_keeps_the_shape_of_waves() -> None:
    """A tone far above the ceiling stays a tone: all harmonics together stay 60 dB under it."""
    sound = tone(3.0)
    limit(sound)
    spectrum = np.abs(np.fft.rfft(sound[:, 0][12_000:36_000] * np.hanning(24_000)))
    main = spectrum[200:240].max()
    spectrum[200:240] = 0
    assert spectrum.max() < main / 1000


@pytest.mark.parametrize("length", [1, 47, 48, 49, 4801])
def test_the_limiter_takes_any_length(length: int) -> None:
    noise = np.random.default_rng(1).uniform(-4, 4, (length, 2)).astype(np.float32)
    limit(noise, 0.9)
    assert np.abs(noise).max() <= 0.9


def test_normalising_raises_what_is_soft() -> None:
    sound = tone(0.01)
    normalise(sound)
    assert np.abs(sound).max() == pytest.approx(CEILING, rel=0.01)


# --- files ---------------------------------------------------------------------------------------------------


def test_wav_files(tmp_path: Path) -> None:
    samples = np.array([[0, 0], [0.5, -0.5], [1, -1], [1.5, -1.5]], np.float32)
    write_wav(tmp_path / "a.wav", samples, 44_100)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.getparams()[:4] == (2, 2, 44_100, 4)
        read = np.frombuffer(file.readframes(4), "<i2").reshape(-1, 2)
    assert read.tolist() == [[0, 0], [16384, -16384], [32767, -32767], [32767, -32767]]
    with pytest.raises(MediaError, match="cannot write"):
        write_wav(tmp_path / "none" / "a.wav", samples)


def test_a_soundfont_comes_with_the_package_and_says_that_it_may() -> None:
    path = default_soundfont()
    assert b"Public Domain" in path.read_bytes()[:400]
    assert "public domain" in path.with_suffix(".txt").read_text("utf-8")


@pytest.mark.parametrize("program", [0, 11, 40, 73, 88])
def test_the_soundfont_s_instruments_sound_throughout(program: int) -> None:
    """Loud enough in every half second, and no hiss: the spectrum's centre lies where melodies' harmonics do."""
    sound = render(melody(SCALE, program), 4.0, tail=0.0)
    levels = [float(np.sqrt((part**2).mean())) for part in np.split(sound, 8)]
    assert min(levels) > 0.03
    power = np.abs(np.fft.rfft(sound.mean(axis=1) * np.hanning(len(sound)))) ** 2
    centre = float((power * np.fft.rfftfreq(len(sound), 1 / RATE)).sum() / power.sum())
    assert 250 < centre < 3000


@pytest.mark.parametrize("content", [None, b"", b"junk" * 100, "half"])
def test_a_bad_soundfont_is_refused_in_one_line(tmp_path: Path, content: bytes | str | None) -> None:
    path = tmp_path / "own.sf2"
    if content is not None:
        path.write_bytes(default_soundfont().read_bytes()[:100_000] if isinstance(content, str) else content)
    with pytest.raises(MediaError, match="soundfont") as caught:
        render(melody([60]), 1.0, path)
    assert "\n" not in str(caught.value)


def test_a_folder_is_no_soundfont(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="cannot read soundfont"):
        render([], 1.0, tmp_path)
