"""The melody vocabulary: one token a sixteenth, as in MusicVAE (Roberts et al. 2018, arXiv:1803.05428).

0 holds what sounds (or rests), 1 ends the note, 2..89 start the MIDI pitches 21..108.
"""

from collections.abc import Sequence

HOLD = 0
OFF = 1
FIRST_ON = 2
LOWEST_PITCH = 21
HIGHEST_PITCH = 108
VOCABULARY = FIRST_ON + HIGHEST_PITCH - LOWEST_PITCH + 1
START = VOCABULARY
"""What a network is given in place of the token before the first one."""
STEPS_PER_BEAT = 4
STEPS_PER_BAR = 16
BARS_PER_PHRASE = 2
PHRASE_STEPS = STEPS_PER_BAR * BARS_PER_PHRASE


def note_on(pitch: int) -> int:
    """Return the token that starts MIDI pitch 21..108; ValueError outside."""
    if not LOWEST_PITCH <= pitch <= HIGHEST_PITCH:
        raise ValueError(f"pitch must be {LOWEST_PITCH}..{HIGHEST_PITCH}, got {pitch}")
    return pitch - LOWEST_PITCH + FIRST_ON


def pitch_of(token: int) -> int | None:
    """Return the MIDI pitch a token starts, or None for hold and off."""
    return token - FIRST_ON + LOWEST_PITCH if token >= FIRST_ON else None


def sounding_pitch(tokens: Sequence[int]) -> int | None:
    """Return the MIDI pitch that sounds after these tokens, or None for silence."""
    last = next((token for token in reversed(tokens) if token != HOLD), OFF)
    return pitch_of(last)
