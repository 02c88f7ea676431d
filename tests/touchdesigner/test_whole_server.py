"""The component and the whole server, models and all: a clip with a cut becomes notes, readings and labels."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from score_bridge.cli.demo import default_clip
from tests.server import Server, running_server  # noqa: F401  the fixture `server`
from tests.touchdesigner.rig import component, status, wait_until


def _butterfly() -> NDArray[np.float32]:
    """A frame of the demo's clip as a TOP gives it: RGBA of 0..1, the lowest row first."""
    film = cv2.VideoCapture(str(default_clip()))
    film.set(cv2.CAP_PROP_POS_FRAMES, 62)
    _, picture = film.read()
    film.release()
    rgba = cv2.cvtColor(picture, cv2.COLOR_BGR2RGBA)[::-1]
    return np.ascontiguousarray(rgba, np.float32) / np.float32(255)


def test_a_clip_becomes_notes(server: Server, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    shots = [rng.random((72, 128, 4)).astype(np.float32) * level for level in (0.2, 1.0)]
    cuts: list[bool] = []
    with component(tmp_path, Oscport=server.osc, Stream="clip") as (td, comp):
        movie = td.find("/project1/movie")

        def frame() -> None:
            movie.frame = shots[td.frames // 60 % 2]
            td.frame()
            cuts.append({chan.name: chan[0] for chan in comp.op("out1").chans()}.get("cut") == 1.0)

        wait_until(lambda: comp.op("events").numRows > 8 and any(cuts), frame)
        assert comp.op("labels").numRows == 1  # noise is like nothing that has a name
        shots[:] = [_butterfly()] * 2
        wait_until(lambda: comp.op("labels").numRows > 1, frame)
        assert comp.op("labels").table[1][1] == "admiral"
        ons = [event for event in comp.op("events").table[1:] if event[0] == "on"]
        assert all(36 <= int(event[2]) <= 96 and 1 <= int(event[3]) <= 127 for event in ons)
        channels = {chan.name: chan[0] for chan in comp.op("out1").chans()}
        assert 0 < channels["brightness"] < 1
        wait_until(lambda: status(comp).startswith("playing (OSC/UDP, JPEG"), frame)
