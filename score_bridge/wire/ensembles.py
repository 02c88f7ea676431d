"""Who plays together: the voices of each ensemble, by their numbers in messages, and what they play on."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from score_bridge.wire.messages import BASS, CELLO, CHORDS, DRUMS, LEAD, VIOLA, VIOLIN2

Ensemble = Literal["solo", "beat", "duo", "trio", "band", "pad", "quartet"]
VOICE_NAMES: Mapping[int, str] = MappingProxyType(
    {
        LEAD: "lead", CHORDS: "chords", BASS: "bass", DRUMS: "drums", VIOLIN2: "violin2", VIOLA: "viola",
        CELLO: "cello",
    }
)  # fmt: skip
ENSEMBLES: Mapping[Ensemble, tuple[int, ...]] = MappingProxyType(
    {
        "solo": (LEAD,),
        "beat": (LEAD, DRUMS),
        "duo": (LEAD, BASS),
        "trio": (LEAD, BASS, DRUMS),
        "band": (LEAD, CHORDS, BASS, DRUMS),
        "pad": (LEAD, CHORDS),
        "quartet": (LEAD, VIOLIN2, VIOLA, CELLO),
    }
)
"""The voices of each, the lead first."""
PROGRAMS: Mapping[Ensemble, Mapping[int, int]] = MappingProxyType(
    {
        "duo": {BASS: 32}, "trio": {BASS: 32}, "band": {CHORDS: 4, BASS: 33}, "pad": {CHORDS: 48},
        "quartet": {LEAD: 40, VIOLIN2: 40, VIOLA: 41, CELLO: 42},
    }
)  # fmt: skip
"""General MIDI programs where none is chosen, 0 (piano) for others: acoustic bass; electric piano and fingered bass;
string ensemble; violins, viola and cello."""
DRUM_CHANNEL = 10
"""The MIDI channel that General MIDI keeps for drums, as people count."""
CHANNEL_CONTROLS: Mapping[int, str] = MappingProxyType(
    {LEAD: "channel"}
    | {voice: f"{VOICE_NAMES[voice]}_channel" for voice in VOICE_NAMES if voice not in (LEAD, DRUMS)}
)
"""The controls that choose the channels of the voices but the drums."""
PROGRAM_CONTROLS: Mapping[int, str] = MappingProxyType(
    {voice: name.replace("channel", "program") for voice, name in CHANNEL_CONTROLS.items()}
)
"""The controls that choose their programs."""
