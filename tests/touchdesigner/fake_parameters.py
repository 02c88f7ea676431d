"""Parameters of the fake TouchDesigner: constants, expressions, menus, ranges, pulses, custom pages."""

import enum
import re
from typing import Any

from tests.touchdesigner.fake_thread import guard

LEGAL = re.compile(r"[A-Z][a-z0-9]*\Z")
DEFAULTS: dict[str, Any] = {"Toggle": False, "Float": 0.0, "Int": 0, "Pulse": False}


class tdError(Exception):
    pass


class ParMode(enum.Enum):
    CONSTANT = 0
    EXPRESSION = 1
    EXPORT = 2
    BIND = 3


class Par:
    """One parameter. Touched off the main thread it raises, and so does a value that its style does not take."""

    def __init__(self, owner: Any, name: str, style: str, default: Any = None, label: str = "") -> None:
        self.owner, self.name, self.style, self.label = owner, name, style, label or name
        self.default = DEFAULTS.get(style, "") if default is None else default
        self.mode = ParMode.CONSTANT
        self.min = self.normMin = 0.0
        self.max = self.normMax = 1.0
        self.clampMin = self.clampMax = self.readOnly = False
        self.help = self.bindExpr = self._expr = ""
        self.menuNames: list[str] = []
        self.menuLabels: list[str] = []
        self._val = self.default

    @property
    def val(self) -> Any:
        guard()
        return self._val

    @val.setter
    def val(self, value: Any) -> None:
        guard()
        before, self._val, self.mode = self._val, self._cast(value), ParMode.CONSTANT
        if self._val != before:
            self.owner.td.changed(self, before)

    @property
    def expr(self) -> str:
        guard()
        return self._expr

    @expr.setter
    def expr(self, text: str) -> None:
        guard()
        self._expr, self.mode = text, ParMode.EXPRESSION
        self.owner.td.changed(self, self._val)

    @property
    def menuIndex(self) -> int:
        guard()
        return list(self.menuNames).index(str(self._val))

    def eval(self) -> Any:
        guard()
        value = self._val
        if self.mode is ParMode.EXPRESSION:
            value = eval(self._expr, self.owner.td.globals(self.owner))
        if self.style in ("DAT", "OP"):
            return self.owner.beside(value) if isinstance(value, str) else value
        return {"Float": float, "Int": int, "Toggle": bool, "Str": str}.get(self.style, lambda v: v)(value)

    def __int__(self) -> int:
        return int(self.eval())

    def __float__(self) -> float:
        return float(self.eval())

    def pulse(self) -> None:
        guard()
        self.owner.td.pulsed(self)

    def _cast(self, value: Any) -> Any:
        if self.style in ("Float", "Int"):
            value = {"Float": float, "Int": int}[self.style](value)
            value = max(value, self.min) if self.clampMin else value
            return min(value, self.max) if self.clampMax else value
        if self.style == "Menu" and self.menuNames and value not in self.menuNames:
            raise tdError(f"{self.name}: {value!r} is not in its menu")
        if self.style in ("DAT", "OP") and not isinstance(value, str):
            return value.path
        return bool(value) if self.style == "Toggle" else str(value) if self.style == "Str" else value


class Page:
    def __init__(self, owner: Any, name: str) -> None:
        self.owner, self.name = owner, name

    def __getattr__(self, method: str) -> Any:
        style = method.removeprefix("append")
        if style not in ("Float", "Int", "Menu", "Str", "Toggle", "Pulse", "File", "DAT"):
            raise AttributeError(method)
        return lambda name, label=None: self._append(style, name, label)

    def _append(self, style: str, name: str, label: str | None) -> list[Par]:
        guard()
        if not LEGAL.match(name):
            raise tdError(f"{name!r}: a custom parameter is one capital, then lower case letters and digits")
        par = Par(self.owner, name, style, label=label or name)
        self.owner.customs[name] = par
        return [par]


class Pars:
    """`op.par`: by attribute, where what is not there raises, or by key, where it is None."""

    def __init__(self, owner: Any) -> None:
        self.__dict__["owner"] = owner

    def __getattr__(self, name: str) -> Par:
        guard()
        par = self[name]
        if par is None:
            raise AttributeError(f"{self.__dict__['owner'].OPType} has no parameter {name}")
        return par

    def __setattr__(self, name: str, value: Any) -> None:
        getattr(self, name).val = value

    def __getitem__(self, name: str) -> Par | None:
        guard()
        owner = self.__dict__["owner"]
        found: Par | None = owner.builtins.get(name) or getattr(owner, "customs", {}).get(name)
        return found
