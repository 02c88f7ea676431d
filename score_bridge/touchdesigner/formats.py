"""TouchDesigner's expanded files, as `toeexpand` writes them and `toecollapse` reads them. Pure: values to bytes.

Derivative documents none of this; others measured what is here (github.com/grigabyte/td-atlas, docs/formats.md). No
TouchDesigner was at hand: unverified.
"""

import struct

from score_bridge.touchdesigner.source import Node

BUILD = "version 099\nbuild 2023.12000\n"
TOC_HEAD = "# 4 0 0 0 1"
CONSTANT, EXPRESSION = 0, 17
CONTRACTED = {"parameterexecuteDAT": "parexec", "compositeTOP": "comp"}  # other types are written in full
TILE = {"COMP": (130, 130), "TOP": (130, 90), "CHOP": (130, 90), "DAT": (130, 90)}


def node_text(node: Node) -> str:
    """Return the .n file: family and type, place, flags, inputs."""
    kind = CONTRACTED.get(node.type, node.type.removesuffix(node.family))
    width, height = TILE[node.family]
    lines = [f"{node.family}:{kind}", f"tile {node.x} {node.y} {width} {height}", "flags =  parlanguage 0"]
    if node.inputs:
        wires = (f"{index} \t{name}" for index, name in enumerate(node.inputs))
        lines += ["inputs", "{", *wires, "}"]
    return "\n".join([*lines, "color 0.55 0.55 0.55", "end", ""])


def parm_text(parameters: dict[str, bool | int | float | str]) -> str:
    """Return the .parm file: parameters that differ from their defaults."""
    return "\n".join(["?", *(_parm(name, value) for name, value in parameters.items()), "?", ""])


def text_bytes(text: str) -> bytes:
    """Return the .text file of a DAT."""
    data = text.encode()
    return b"2\n*" + struct.pack(">6I", 1, 1, 1, 1, 2, len(data)) + data


def table_bytes(rows: list[list[str]]) -> bytes:
    """Return the .table file of a DAT; every row as long as the first."""
    columns = len(rows[0]) if rows else 0
    cells = b"".join(struct.pack(">2I", 2, len(cell.encode())) + cell.encode() for row in rows for cell in row)
    return b"1\n*" + struct.pack(">4I", 1, columns, len(rows), 0) + cells


def toc_text(paths: list[str]) -> str:
    """Return the .toc file: what the folder holds, in order, .build first."""
    return "\n".join([TOC_HEAD, *paths, ""])


def _parm(name: str, value: bool | int | float | str) -> str:
    if isinstance(value, bool):
        return f"{name} {CONSTANT} {'on' if value else 'off'}"
    if isinstance(value, str) and value.startswith("="):
        return f"{name} {EXPRESSION} 0 {_quoted(value[1:])}"
    return f"{name} {CONSTANT} {value if isinstance(value, int | float) else _quoted(value)}"


def _quoted(text: str) -> str:
    if text and not any(letter.isspace() or letter == '"' for letter in text):
        return text
    return '"' + text.replace('"', '\\"') + '"'
