"""What controls say of each voice of a stream."""

from score_bridge.wire.controls import Controls
from score_bridge.wire.ensembles import (
    CHANNEL_CONTROLS,
    DRUM_CHANNEL,
    ENSEMBLES,
    PROGRAM_CONTROLS,
    PROGRAMS,
    VOICE_NAMES,
)


def voices_of(controls: Controls) -> tuple[int, ...]:
    """Return the numbers of the voices that play, the lead first."""
    return ENSEMBLES[controls.ensemble]


def program_of(voice: int, controls: Controls) -> int:
    """Return the General MIDI program 0..127 of a voice; that of drums is 0, their channel tells what they are."""
    name = PROGRAM_CONTROLS.get(voice)
    chosen = 0 if name is None else int(getattr(controls, name))
    return chosen if chosen >= 0 else PROGRAMS.get(controls.ensemble, {}).get(voice, 0)


def programs_of(controls: Controls) -> dict[int, int]:
    """Return the programs of all voices that play, by their numbers."""
    return {voice: program_of(voice, controls) for voice in voices_of(controls)}


def channel_of(voice: int, controls: Controls) -> int:
    """Return the MIDI channel 1..16 of a voice."""
    name = CHANNEL_CONTROLS.get(voice)
    return DRUM_CHANNEL if name is None else int(getattr(controls, name))


def volume_of(voice: int, controls: Controls) -> float:
    """Return how loud a voice plays, 0..1 of its velocities; 0 is mute, as are all others where one plays alone."""
    if controls.solo not in ("off", VOICE_NAMES[voice]):
        return 0.0
    return float(getattr(controls, f"{VOICE_NAMES[voice]}_volume"))


def density_of(voice: int, controls: Controls) -> float:
    """Return how much a voice but the lead plays, 0..2; 1 is as the picture asks."""
    return float(getattr(controls, f"{VOICE_NAMES[voice]}_density"))
