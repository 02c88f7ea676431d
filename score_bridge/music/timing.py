"""Musical time in seconds."""

from score_bridge.music.tokens import STEPS_PER_BEAT


def step_length(tempo: float) -> float:
    """Return the length of a step (one sixteenth) in seconds at `tempo` beats per minute."""
    return 60.0 / tempo / STEPS_PER_BEAT
