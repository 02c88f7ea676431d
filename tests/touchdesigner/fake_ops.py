"""Operators of the fake TouchDesigner: a tree of COMPs, DATs with text, tables and modules, TOPs, CHOPs."""

import builtins
import itertools
from types import ModuleType
from typing import Any

import numpy as np

from tests.touchdesigner.fake_parameters import Page, Par, Pars, tdError
from tests.touchdesigner.fake_thread import guard
from tests.touchdesigner.fake_types import DOCKED, OP_PARAMETERS, TYPES

IDS = itertools.count(1)


class Connector:
    def __init__(self, owner: "OP") -> None:
        self.owner = owner
        self.source: OP | None = None

    @property
    def connections(self) -> list["OP"]:
        guard()
        return [] if self.source is None or not self.source.valid else [self.source]

    def connect(self, target: Any) -> None:
        guard()
        if target is None:
            raise tdError("nothing to connect")
        self.source = target


class OP:
    """Anything in a network. A destroyed one is not valid any more."""

    def __init__(self, td: Any, parent: Any, kind: str, name: str) -> None:
        self.td, self._parent, self.OPType, self.name = td, parent, kind, name
        self.id, self.valid, self.viewed = next(IDS), True, False
        self.nodeX = self.nodeY = 0
        self.storage: dict[str, Any] = {}
        self.builtins = {key: _builtin(self, key, value) for key, value in TYPES[kind].items()}
        self.par = Pars(self)
        self._connectors = [Connector(self), Connector(self)]

    @property
    def path(self) -> str:
        guard()
        above = self._parent.path if self._parent else ""
        return f"{above.rstrip('/')}/{self.name}"

    @property
    def inputConnectors(self) -> list[Connector]:
        guard()
        return self._connectors

    @property
    def inputs(self) -> list["OP"]:
        return [op for connector in self._connectors for op in connector.connections]

    def parent(self) -> Any:
        guard()
        return self._parent

    def beside(self, path: str) -> Any:
        """What a relative path in a parameter or script means: a sibling, or with ./ a child."""
        if path.startswith("/"):
            return self.td.find(path)
        if path.startswith("./"):
            return self.op(path[2:])
        return self._parent.op(path) if path and self._parent else None

    def op(self, path: str) -> Any:
        guard()
        return None

    def store(self, key: str, value: Any) -> None:
        self.storage[key] = value

    def fetch(self, key: str, default: Any = None) -> Any:
        return self.storage.get(key, default)

    def cook(self, force: bool = False) -> None:
        guard()

    def openViewer(self) -> None:
        guard()
        self.viewed = True

    def destroy(self) -> None:
        guard()
        self.valid = False
        self._parent.nodes.pop(self.name, None)


def _builtin(owner: OP, name: str, value: Any) -> Par:
    style = "OP" if name in OP_PARAMETERS else {bool: "Toggle", int: "Int", float: "Float"}.get(type(value), "Str")
    return Par(owner, name, style, value)


class COMP(OP):
    def __init__(self, td: Any, parent: Any, kind: str, name: str) -> None:
        self.nodes: dict[str, OP] = {}
        self.customs: dict[str, Par] = {}
        self.pages: list[Page] = []
        self.extension: Any = None
        self.extensionsReady = True
        super().__init__(td, parent, kind, name)

    def __getattr__(self, name: str) -> Any:
        if name[:1].isupper() and self.extension is not None and self.builtins["ext0promote"].eval():
            return getattr(self.extension, name)
        raise AttributeError(name)

    @property
    def customPars(self) -> list[Par]:
        guard()
        return list(self.customs.values())

    @property
    def customPages(self) -> list[Page]:
        return self.pages

    def op(self, path: str) -> Any:
        guard()
        here: Any = self
        for name in path.split("/"):
            here = here.nodes.get(name) if isinstance(here, COMP) else None
        return here

    def create(self, kind: str, name: str) -> Any:
        guard()
        if kind not in TYPES:
            raise tdError(f"there is no operator type {kind}")
        number = next(n for n in itertools.count() if f"{name}{n or ''}" not in self.nodes)
        made = _CLASSES.get(kind, _family(kind))(self.td, self, kind, f"{name}{number or ''}")
        self.nodes[made.name] = made
        if kind in DOCKED:
            docked = self.create("textDAT", f"{made.name}_callbacks")
            made.builtins[DOCKED[kind]].val = docked.name
        return made

    def appendCustomPage(self, name: str) -> Page:
        guard()
        self.pages.append(Page(self, name))
        return self.pages[-1]

    def destroyCustomPars(self) -> None:
        guard()
        self.customs.clear()
        self.pages.clear()

    def initializeExtensions(self) -> None:
        guard()
        old, self.extension = self.extension, None
        if old is not None and hasattr(old, "onDestroyTD"):
            old.onDestroyTD()
        expression = self.builtins["ext0object"].eval()
        if expression:
            scope = {**self.td.globals(self), "op": lambda path: self.op(path.removeprefix("./"))}
            self.extension = eval(expression, scope)

    def save(self, path: str) -> str:
        guard()
        return str(self.td.save(self, path))

    def destroy(self) -> None:
        for node in list(self.nodes.values()):
            node.destroy()
        old, self.extension = self.extension, None
        if old is not None:
            old.onDestroyTD()
        super().destroy()


class DAT(OP):
    """Text, or a table of strings. `module` is made anew whenever the text has changed."""

    def __init__(self, td: Any, parent: Any, kind: str, name: str) -> None:
        super().__init__(td, parent, kind, name)
        self._text = ""
        self._module: tuple[str | None, Any] = (None, None)
        self.table: list[list[str]] = []

    @property
    def text(self) -> str:
        guard()
        return "\n".join("\t".join(row) for row in self.table) if self.table else self._text

    @text.setter
    def text(self, text: str) -> None:
        guard()
        self._text = text

    @property
    def module(self) -> Any:
        guard()
        text, module = self._module
        if text != self._text:
            module = ModuleType(self.name)
            module.__dict__.update(self.td.globals(self), __builtins__=self._builtins())
            self._module = (self._text, module)
            exec(compile(self._text, self.path, "exec"), module.__dict__)
        return module

    def run(self, *args: Any) -> None:
        guard()
        scope = {**self.td.globals(self), "args": args, "__name__": self.name}
        exec(compile(self._text, self.path, "exec"), scope)

    def _builtins(self) -> dict[str, Any]:
        """Import finds DATs beside this one before anything else."""

        def load(name: str, *rest: Any) -> Any:
            guard()
            dat = self._parent.op(name)
            return dat.module if isinstance(dat, DAT) else builtins.__import__(name, *rest)

        return {**vars(builtins), "__import__": load}

    @property
    def numRows(self) -> int:
        guard()
        return len(self.table)

    def appendRow(self, cells: Any) -> None:
        guard()
        self.table.append([str(cell) for cell in cells])

    def __setitem__(self, place: tuple[int, int], value: Any) -> None:
        guard()
        self.table[place[0]][place[1]] = str(value)

    def deleteRow(self, index: int) -> None:
        guard()
        del self.table[index]

    def clear(self) -> None:
        guard()
        self.table.clear()


class TOP(OP):
    """A picture: `frame` where somebody sets one, else its first input's. `numpyArray` has its bottom row first."""

    def __init__(self, td: Any, parent: Any, kind: str, name: str) -> None:
        super().__init__(td, parent, kind, name)
        self.frame: Any = None
        self._asked: Any = None

    def current(self) -> Any:
        if self.OPType == "inTOP":
            source = self._parent.inputConnectors[0].source
            return source.current() if source is not None else None
        return self.frame if self.frame is not None or not self.inputs else self.inputs[0].current()  # type: ignore[attr-defined]

    def numpyArray(self, delayed: bool = False) -> Any:
        guard()
        now = self.current()
        if not delayed:
            return now
        before, self._asked = self._asked, now  # what was current when it was asked for the last time
        return before

    def copyNumpyArray(self, array: Any) -> None:
        guard()
        self.frame = np.array(array)

    def cook(self, force: bool = False) -> None:
        guard()
        if self.OPType == "scriptTOP":
            self.par.callbacks.eval().module.onCook(self)


class Resolution(TOP):
    def current(self) -> Any:
        pixels = super().current()
        if pixels is None:
            return None
        rows, columns = (np.arange(n) * m // n for n, m in zip(self._size(), pixels.shape[:2], strict=True))
        return pixels[rows][:, columns]

    def _size(self) -> tuple[int, int]:
        assert self.par.outputresolution.eval() == "custom"
        return self.par.resolutionh.eval(), self.par.resolutionw.eval()


class Channel:
    def __init__(self, name: str) -> None:
        self.name, self.vals = name, [0.0]

    def __setitem__(self, index: int, value: float) -> None:
        guard()
        self.vals[index] = float(value)

    def __getitem__(self, index: int) -> float:
        return self.vals[index]

    def __mul__(self, other: Any) -> float:
        return self.vals[0] * (other.vals[0] if isinstance(other, Channel) else float(other))

    __rmul__ = __mul__

    def __sub__(self, other: float) -> float:
        return self.vals[0] - other


class CHOP(OP):
    """Channels of its own or its first input's. In a wire from a COMP it is the COMP's first Out CHOP's."""

    def __init__(self, td: Any, parent: Any, kind: str, name: str) -> None:
        super().__init__(td, parent, kind, name)
        self.own: list[Channel] = []
        self.isTimeSlice, self.numSamples = True, 1

    def chans(self) -> list[Channel]:
        guard()
        source: Any = self.inputs[0] if self.inputs else None
        if self.OPType == "inCHOP":
            source = self._parent.inputConnectors[1].source
        if isinstance(source, COMP):
            source = source.op("out1")
        return self.own if source is None else list(source.chans())

    @property
    def numChans(self) -> int:
        return len(self.chans())

    def __getitem__(self, key: int | str) -> Channel:
        guard()
        chans = self.chans()
        if isinstance(key, int):
            return chans[key]
        return next(chan for chan in chans if chan.name == key)

    def clear(self) -> None:
        guard()
        self.own = []

    def appendChan(self, name: str) -> Channel:
        guard()
        self.own.append(Channel(name))
        return self.own[-1]

    def cook(self, force: bool = False) -> None:
        guard()
        if self.OPType == "scriptCHOP":
            self.par.callbacks.eval().module.onCook(self)


_CLASSES: dict[str, Any] = {"resolutionTOP": Resolution}


def _family(kind: str) -> Any:
    return next(one for one in (COMP, CHOP, TOP, DAT) if kind.endswith(one.__name__))
