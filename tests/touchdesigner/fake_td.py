"""TouchDesigner as far as the component touches it: operators, parameters, frames. Nothing of Derivative's.

Faithful to the documented behaviour where that matters: execute callbacks are off by default, a delayed numpyArray is
None at first, custom names must be legal, unknown parameters and types raise, everything off the main thread raises.
"""

import struct
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.touchdesigner.fake_ops import COMP, DAT
from tests.touchdesigner.fake_parameters import Par, ParMode
from tests.touchdesigner.fake_thread import guard


class Td:
    """One TouchDesigner with an empty project in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.frames = 0
        self._changes: dict[Par, Any] = {}
        self._later: list[tuple[int, Any]] = []
        self.root = COMP(self, None, "baseCOMP", "")
        self.project = self.root.create("baseCOMP", "project1")

    # --- what scripts see -------------------------------------------------------------------------------------

    def globals(self, me: Any) -> dict[str, Any]:
        return {
            "me": me,
            "op": lambda path: self.find(path) if path.startswith("/") else me.beside(path),
            "parent": me.parent,
            "project": SimpleNamespace(folder=str(self.folder), name="test.toe"),
            "app": SimpleNamespace(version="099", build="2023.12000"),
            "ParMode": ParMode,
            "debug": lambda *words: self.said.append(" ".join(map(str, words))),
            "run": self._run,
        }

    def find(self, path: str) -> Any:
        guard()
        return self.root.op(path.strip("/")) if path.strip("/") else self.root

    def _run(self, script: str, *args: Any, delayFrames: int = 0) -> None:
        guard()
        self._later.append((self.frames + delayFrames, lambda: eval(script, {"args": args})))

    # --- what the user does -----------------------------------------------------------------------------------

    def drag_in(self, file: Path) -> DAT:
        """Drop a script into the project: a Text DAT that knows its file."""
        dat: DAT = self.project.create("textDAT", file.stem)
        dat.text = file.read_text("utf-8")
        dat.par.file = str(file)
        return dat

    def frame(self, count: int = 1) -> None:
        """Let frames pass."""
        for _ in range(count):
            self.frames += 1
            changes, self._changes = self._changes, {}
            for par, before in changes.items():
                self._tell_parameters(par, "valuechange", lambda dat, p=par, b=before: dat.module.onValueChange(p, b))
            for _, call in [one for one in self._later if one[0] <= self.frames]:
                call()
            self._later = [one for one in self._later if one[0] > self.frames]
            self._execute("framestart", lambda dat: dat.module.onFrameStart(self.frames))

    def created(self) -> None:
        """Tell every Execute DAT that it was made, as after a component was loaded."""
        self._execute("create", lambda dat: dat.module.onCreate())

    def quit(self) -> None:
        """Close TouchDesigner."""
        self._execute("exit", lambda dat: dat.module.onExit())

    # --- what parameters and operators say --------------------------------------------------------------------

    def changed(self, par: Par, before: Any) -> None:
        self._changes.setdefault(par, before)

    def pulsed(self, par: Par) -> None:
        self._tell_parameters(par, "onpulse", lambda dat: dat.module.onPulse(par))

    def save(self, comp: COMP, path: str) -> str:
        """Write what has the wrapper of a .tox; what is inside is ours."""
        inside = "\n".join(sorted(comp.nodes)).encode()
        packed = zlib.compress(inside)
        Path(path).write_bytes(b"\x00\x00\x00\x01" + b"10" + struct.pack(">II", len(packed), len(inside)) + packed)
        return path

    def _execute(self, when: str, call: Any) -> None:
        for dat in self.all("executeDAT"):
            if dat.valid and dat.par.active.eval() and dat.par[when].eval():
                call(dat)

    def _tell_parameters(self, par: Par, when: str, call: Any) -> None:
        for dat in self.all("parameterexecuteDAT"):
            watches = dat.par.op.eval() is par.owner and dat.par.active.eval() and dat.par[when].eval()
            if watches and dat.par.pars.eval() == "*" and par.name[0].isupper():
                call(dat)

    def all(self, kind: str, inside: Any = None) -> list[Any]:
        found = []
        for node in list((inside or self.root).nodes.values()):
            found += [node] if node.OPType == kind else []
            found += self.all(kind, node) if isinstance(node, COMP) else []
        return found
