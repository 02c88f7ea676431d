"""What voices and the sounds of drums are called. Written by `score-bridge td tables`, not by hand."""

VOICES = ("lead", "chords", "bass", "drums", "violin2", "viola", "cello")
DRUMS = VOICES[3]
DRUM_SOUNDS = {
    22: "closed_hat",
    26: "open_hat",
    35: "kick",
    36: "kick",
    37: "snare",
    38: "snare",
    40: "snare",
    41: "low_tom",
    42: "closed_hat",
    43: "low_tom",
    44: "closed_hat",
    45: "mid_tom",
    46: "open_hat",
    47: "mid_tom",
    48: "high_tom",
    49: "crash",
    50: "high_tom",
    51: "ride",
    52: "crash",
    53: "ride",
    55: "crash",
    57: "crash",
    58: "low_tom",
    59: "ride",
}
