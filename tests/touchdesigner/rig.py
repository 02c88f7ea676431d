"""A fake TouchDesigner with the component in it, and servers for it to find."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from score_bridge.touchdesigner.source import folder
from score_bridge.wire.messages import Hello
from score_bridge.wire.osc.codec import decode_osc
from tests.touchdesigner.fake_td import Td

PATIENCE = 15.0
FRAME_S = 1 / 240


def wait_until(wanted: Callable[[], Any], each: Callable[[], object] = lambda: None) -> Any:
    """Do `each` again and again until something is wanted no more."""
    end, pause = time.monotonic() + PATIENCE, threading.Event()
    while time.monotonic() < end:
        each()
        found = wanted()
        if found:
            return found
        pause.wait(FRAME_S)
    raise AssertionError("what was waited for did not come")


@contextlib.contextmanager
def component(home: Path, **parameters: Any) -> Iterator[tuple[Td, Any]]:
    """Build the component in a TouchDesigner, with a picture wired in, and set parameters."""
    td = Td(home)
    try:
        script = td.drag_in(folder() / "build_tox.py")
        comp = td.project.create("baseCOMP", "ScoreBridge")
        active = comp.appendCustomPage("Score").appendToggle("Active")[0]
        active.val = False  # kept: it is off until the ports are set
        script.run()
        comp.inputConnectors[0].connect(td.project.create("constantTOP", "movie"))
        for name, value in {"Transport": "osc", "Fps": 120, **parameters, "Active": True}.items():
            comp.par[name].val = value
        td.frame()
        yield td, comp
    finally:
        td.quit()


def play(td: Td, wanted: Callable[[], Any]) -> Any:
    """Let frames pass, with a picture that changes, until something is there."""
    movie = td.find("/project1/movie")

    def frame() -> None:
        movie.frame = picture(td.frames)
        td.frame()

    return wait_until(wanted, frame)


def picture(seed: int, height: int = 90, width: int = 160, planes: int = 4) -> NDArray[np.float32]:
    """A picture as TOP.numpyArray() gives it, another with every seed."""
    ramp = np.linspace(0, 1, height * width * planes, dtype=np.float32).reshape(height, width, planes)
    return np.roll(ramp, seed * 7, axis=1)


def status(comp: Any) -> str:
    return str(comp.par.Status.eval())


@contextlib.contextmanager
def answering(answer: Callable[[bytes], list[bytes]]) -> Iterator[int]:
    """Run a server of our own on UDP: `answer` says what is sent to the last reply port that a hello named."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(0.05)
        done = threading.Event()
        thread = threading.Thread(target=_answer, args=(udp, answer, done))
        thread.start()
        try:
            yield int(udp.getsockname()[1])
        finally:
            done.set()
            thread.join()


def _answer(udp: socket.socket, answer: Callable[[bytes], list[bytes]], done: threading.Event) -> None:
    port = 0
    while not done.is_set():
        with contextlib.suppress(TimeoutError):
            packet = udp.recv(65_535)
            port = next((m.reply_port for m, _ in decode_osc(packet).messages if isinstance(m, Hello)), port)
            for reply in answer(packet):
                udp.sendto(reply, ("127.0.0.1", port))
