"""Write score_bridge.maxpat: four numbers go out to the server by OSC, notes come back to noteout and to each voice.

    python examples/max/make_patch.py [where.maxpat]

Nothing but Max runs the result; py2max checks objects, ports and cords. The patch was never opened in Max itself.
"""

import sys
from pathlib import Path
from typing import Any

from py2max import Patcher

from score_bridge.wire.ensembles import VOICE_NAMES

HERE = Path(__file__).parent
SERVER_PORT, REPLY_PORT = 9901, 9903
COMMENT, MESSAGE, OBJECT = "comment", "message", "object"
Node = tuple[str, str, int, int, int]

# name: (kind, text, x, y, width)
NODES: dict[str, Node] = {
    "title": (COMMENT, "score_bridge: start `score-bridge serve`, switch on, move the sliders", 20, 10, 500),
    "loadbang": (OBJECT, "loadbang", 20, 40, 70),
    "hello_again": (OBJECT, "metro 5000", 100, 40, 80),
    "hello": (MESSAGE, f"/score/hello Max {REPLY_PORT}", 20, 70, 160),
    "on": (OBJECT, "toggle", 200, 40, 24),
    "on_says": (COMMENT, "send the sliders, 30 times a second", 230, 42, 230),
    "metro": (OBJECT, "metro 33", 200, 75, 70),
    "sliders": (OBJECT, "multislider", 200, 105, 200),
    "features": (OBJECT, "prepend /score/features max", 200, 215, 180),
    "tempo": (OBJECT, "flonum", 420, 105, 60),
    "tempo_says": (COMMENT, "tempo, 20 to 300", 485, 107, 120),
    "set_tempo": (OBJECT, "prepend /score/tempo", 420, 135, 140),
    "temperature": (OBJECT, "flonum", 420, 170, 60),
    "temperature_says": (COMMENT, "temperature, 0 to 2", 485, 172, 130),
    "set_temperature": (OBJECT, "prepend /score/set max temperature", 420, 200, 215),
    "start": (MESSAGE, "/score/start max", 640, 105, 110),
    "stop": (MESSAGE, "/score/stop max", 640, 135, 110),
    "panic": (MESSAGE, "/score/panic", 640, 165, 85),
    "send": (OBJECT, f"udpsend 127.0.0.1 {SERVER_PORT}", 20, 260, 170),
    "receive": (OBJECT, f"udpreceive {REPLY_PORT}", 20, 300, 120),
    "route": (OBJECT, "route /score/note /score/noteoff /score/status /score/error", 20, 330, 400),
    "note_says": (COMMENT, "stream id pitch velocity channel seconds delay_ms voice", 20, 362, 290),
    "note": (OBJECT, "unpack s 0 0 0 0 0. 0. 0", 20, 385, 170),
    "note_waits": (OBJECT, "pipe 0 0 0 0 0", 20, 420, 100),
    "noteoff_says": (COMMENT, "stream id pitch channel delay_ms voice", 320, 362, 200),
    "noteoff": (OBJECT, "unpack s 0 0 0 0. 0", 320, 385, 130),
    "noteoff_waits": (OBJECT, "pipe 0 0 0 0 0", 320, 420, 100),
    "noteout": (OBJECT, "noteout", 20, 470, 70),
    "voice_says": (COMMENT, "pitch and velocity of each voice; velocity 0 ends a note", 320, 455, 330),
    "voice_packed": (OBJECT, "pack 0 0 0", 120, 470, 80),
    "voice_first": (MESSAGE, "$3 $1 $2", 120, 500, 80),
    "voice": (OBJECT, f"route {' '.join(map(str, VOICE_NAMES))}", 120, 530, 100),
    **{
        name: (OBJECT, f"s score-{name}", 120 + 125 * (number % 4), 570 + 30 * (number // 4), 115)
        for number, name in VOICE_NAMES.items()
    },
    "status": (OBJECT, "prepend set", 550, 385, 80),
    "status_shown": (MESSAGE, "status", 550, 420, 300),
    "error": (OBJECT, "print score-error", 650, 330, 110),
}
PACKED = ((0, 0), (1, 1), (3, 2))  # outlets of pitch, velocity and voice, and where they are packed
# from, outlet, to, inlet
CORDS: tuple[tuple[str, int, str, int], ...] = (
    ("loadbang", 0, "hello_again", 0),
    ("hello_again", 0, "hello", 0),
    ("hello", 0, "send", 0),
    ("on", 0, "metro", 0),
    ("metro", 0, "sliders", 0),
    ("sliders", 0, "features", 0),
    ("features", 0, "send", 0),
    ("tempo", 0, "set_tempo", 0),
    ("set_tempo", 0, "send", 0),
    ("temperature", 0, "set_temperature", 0),
    ("set_temperature", 0, "send", 0),
    ("start", 0, "send", 0),
    ("stop", 0, "send", 0),
    ("panic", 0, "send", 0),
    ("receive", 0, "route", 0),
    ("route", 0, "note", 0),
    ("note", 2, "note_waits", 0),
    ("note", 3, "note_waits", 1),
    ("note", 4, "note_waits", 2),
    ("note", 6, "note_waits", 4),
    ("note", 7, "note_waits", 3),
    ("route", 1, "noteoff", 0),
    ("noteoff", 2, "noteoff_waits", 0),
    ("noteoff", 3, "noteoff_waits", 2),
    ("noteoff", 4, "noteoff_waits", 4),
    ("noteoff", 5, "noteoff_waits", 3),
    *((f"{kind}_waits", port, "noteout", port) for kind in ("note", "noteoff") for port in range(3)),
    *((f"{kind}_waits", port, "voice_packed", inlet) for kind in ("note", "noteoff") for port, inlet in PACKED),
    ("voice_packed", 0, "voice_first", 0),
    ("voice_first", 0, "voice", 0),
    *(("voice", number, name, 0) for number, name in VOICE_NAMES.items()),
    ("route", 2, "status", 0),
    ("status", 0, "status_shown", 0),
    ("route", 3, "error", 0),
)
SHAPES: dict[str, dict[str, Any]] = {
    "multislider": {"size": 4, "setminmax": [0.0, 1.0], "setstyle": 1},
    "pipe 0 0 0 0 0": {"numinlets": 5, "numoutlets": 4},
}


def build(path: Path) -> Patcher:
    """Return the patch, to be saved at `path`."""
    patch = Patcher(path, title="score_bridge")
    patch.rect = (85, 104, 880, 650)
    boxes = {name: _box(patch, name, node) for name, node in NODES.items()}
    for source, outlet, target, inlet in CORDS:
        patch.add_line(boxes[source], boxes[target], inlet=inlet, outlet=outlet)
    return patch


def _box(patch: Patcher, name: str, node: Node) -> object:
    kind, text, x, y, width = node
    height = 100 if text == "multislider" else 24 if text == "toggle" else 22
    rect = (x, y, width, height)
    if kind == COMMENT:
        return patch.add_comment(text, patching_rect=rect, id=name)
    if kind == MESSAGE:
        return patch.add_message(text, patching_rect=rect, id=name)
    return patch.add_textbox(text, patching_rect=rect, id=name, **SHAPES.get(text, {}))


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "score_bridge.maxpat").save()
