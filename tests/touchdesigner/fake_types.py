"""Operator types and those of their parameters that the component uses, as Derivative's documentation names them.

docs.derivative.ca, one page an operator: name of the type, then its parameters with their defaults. Anything else is
refused, as TouchDesigner does.
"""

from typing import Any

DAT_FILE = {"file": "", "syncfile": False, "language": "text"}
TOP_COMMON: dict[str, Any] = {
    "outputresolution": "useinput",
    "resolutionw": 1280,
    "resolutionh": 720,
    "resmult": True,
}
EXECUTE = (
    "start",
    "create",
    "exit",
    "framestart",
    "frameend",
    "playstatechange",
    "projectpresave",
    "projectpostsave",
)
COMP: dict[str, Any] = {"ext0object": "", "ext0name": "", "ext0promote": False, "initextonstart": False}

TYPES: dict[str, dict[str, Any]] = {
    "baseCOMP": COMP,
    "inTOP": {"label": "", **TOP_COMMON},
    "outTOP": {"label": "", **TOP_COMMON},
    "nullTOP": TOP_COMMON,
    "resolutionTOP": TOP_COMMON,
    "moviefileinTOP": {"file": "", "play": True, **TOP_COMMON},
    "constantTOP": TOP_COMMON,
    "circleTOP": {"radiusx": 0.25, "radiusy": 0.25, "centerx": 0.0, "centery": 0.0, **TOP_COMMON},
    "levelTOP": {"brightness1": 1.0, **TOP_COMMON},
    "compositeTOP": {"operand": "multiply", **TOP_COMMON},
    "scriptTOP": {"callbacks": "", **TOP_COMMON},
    "inCHOP": {"label": ""},
    "outCHOP": {"label": ""},
    "nullCHOP": {},
    "constantCHOP": {},
    "scriptCHOP": {"callbacks": ""},
    "outDAT": {"label": ""},
    "tableDAT": DAT_FILE,
    "textDAT": DAT_FILE,
    "executeDAT": {**DAT_FILE, "active": True, **dict.fromkeys(EXECUTE, False)},
    "parameterexecuteDAT": {
        **DAT_FILE, "active": True, "op": "", "pars": "", "custom": True, "builtin": False,
        "valuechange": False, "onpulse": False, "expressionchange": False, "modechange": False,
    },
}  # fmt: skip
DOCKED = {"scriptCHOP": "callbacks", "scriptTOP": "callbacks"}  # made with a DAT beside it
OP_PARAMETERS = ("callbacks", "op")
