"""The component's module of names: its voices by their numbers in messages, and the sounds of its drums by pitch."""

from score_bridge.music.drums import KIT, SOUND_OF
from score_bridge.wire.ensembles import VOICE_NAMES
from score_bridge.wire.messages import DRUMS

HEAD = '"""What voices and the sounds of drums are called. Written by `score-bridge td tables`, not by hand."""'


def names() -> str:
    """Return the module as the component carries it."""
    voices = ", ".join(f'"{VOICE_NAMES[number]}"' for number in range(len(VOICE_NAMES)))
    sounds = (f'    {pitch}: "{KIT[sound].replace(" ", "_")}",' for pitch, sound in sorted(SOUND_OF.items()))
    tables = (f"VOICES = ({voices})", f"DRUMS = VOICES[{DRUMS}]", "DRUM_SOUNDS = {", *sounds, "}")
    return "\n".join((HEAD, "", *tables)) + "\n"
