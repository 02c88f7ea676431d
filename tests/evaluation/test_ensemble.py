"""What voices know of each other, on music whose figures are known."""

from dataclasses import replace

import numpy as np
import pytest

from score_bridge.evaluation.ensemble import Played, margin, measure_ensemble
from score_bridge.music.chords import Chord
from score_bridge.music.tokens import note_on

CHORDS = (Chord(0, 0), Chord(5, 0), Chord(7, 0), Chord(2, 1))


def played(bars: int = 8) -> Played:
    """Every beat a tone of its chord, a chord each half bar, its root in the bass, and hits as motion has it."""
    count = 16 * bars
    chords = [CHORDS[(n // 8) % 4] for n in range(count)]
    tokens = np.zeros(count, np.uint8)
    for n in range(0, count, 4):
        tokens[n] = note_on(60 + chords[n].tones[n // 4 % 2 + 1])
    bass = tuple((n, 36 + chords[n].root) for n in range(0, count, 8))
    motion = np.repeat(np.linspace(0.1, 0.9, bars), 16)
    hits = np.repeat(np.arange(bars), 16)
    return Played(tokens, np.array([c.number for c in chords]), bass, hits, motion)


def test_music_that_knows_its_chords_is_told_from_its_rivals() -> None:
    other = replace(played(), chords=np.full(128, Chord(6, 0).number))
    found = measure_ensemble([played()], [other])
    film = found["film"]
    assert film["chord tones on beats 1, 3"] == film["bass on the root"] == film["chords begun by their root"] == 1.0
    assert film["chord changes a bar"] == 2.0
    assert film["drums with motion (Spearman)"] == pytest.approx(1.0)
    assert margin(found, "out of time") > 0.4
    assert found["out of time"]["bass on the root"] == 0.0
    assert margin(found, "another film") > 0.6
    assert "another film" not in measure_ensemble([played()], [])
