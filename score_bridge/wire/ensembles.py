"""Who plays together: the voices of each ensemble, by their numbers in messages, and what they play on."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from score_bridge.wire.messages import BASS, CHORDS, DRUMS, LEAD

Ensemble = Literal["solo", "beat", "duo", "trio", "band", "pad"]
VOICE_NAMES: Mapping[int, str] = MappingProxyType({LEAD: "lead", CHORDS: "chords", BASS: "bass", DRUMS: "drums"})
ENSEMBLES: Mapping[Ensemble, tuple[int, ...]] = MappingProxyType(
    {
        "solo": (LEAD,),
        "beat": (LEAD, DRUMS),
        "duo": (LEAD, BASS),
        "trio": (LEAD, BASS, DRUMS),
        "band": (LEAD, CHORDS, BASS, DRUMS),
        "pad": (LEAD, CHORDS),
    }
)
"""The voices of each, the lead first."""
PROGRAMS: Mapping[Ensemble, Mapping[int, int]] = MappingProxyType(
    {"duo": {BASS: 32}, "trio": {BASS: 32}, "band": {CHORDS: 4, BASS: 33}, "pad": {CHORDS: 48}}
)
"""General MIDI programs where none is chosen: acoustic bass; electric piano, fingered bass; string ensemble."""
DRUM_CHANNEL = 10
"""The MIDI channel that General MIDI keeps for drums, as people count."""
CHANNEL_CONTROLS: Mapping[int, str] = MappingProxyType(
    {LEAD: "channel", CHORDS: "chords_channel", BASS: "bass_channel"}
)
"""The controls that choose the channels of the other voices."""
