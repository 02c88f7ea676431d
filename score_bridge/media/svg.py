"""A few words of SVG: elements as text, and pictures inside them."""

import base64
from html import escape

import cv2
import numpy as np
from numpy.typing import NDArray

INK, FAINT = "#222", "#bbb"
NOTES, CUTS = "#1f6feb", "#d1495b"


def el(name: str, *children: str, **attributes: object) -> str:
    """An element; `stroke_width` becomes stroke-width, `class_` class. Children are taken as they are."""
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>{''.join(children)}</{name}>"


def svg(width: float, height: float, *children: str) -> str:
    """A drawing, as wide as its place allows."""
    return el("svg", *children, viewBox=f"0 0 {width:g} {height:g}", width=width, height=height)


def words(x: float, y: float, text: str, **attributes: object) -> str:
    """Text whose baseline begins at (x, y)."""
    return el("text", escape(text), x=x, y=y, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, colour: str = FAINT, **attributes: object) -> str:
    """A straight line."""
    return el("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour, **attributes)


def path(points: list[tuple[float, float]], colour: str) -> str:
    """An open line through points."""
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return el("polyline", points=places, fill="none", stroke=colour, stroke_width=2)


def picture(rgb: NDArray[np.uint8], place: tuple[float, float, float, float], crisp: bool = False) -> str:
    """A picture (H, W, 3) stretched over (x, y, width, height), within the document; crisp: its pixels show."""
    x, y, width, height = place
    data = base64.b64encode(cv2.imencode(".png", rgb[..., ::-1])[1].tobytes()).decode()
    style = "image-rendering:pixelated" if crisp else "image-rendering:auto"
    return el(
        "image", x=x, y=y, width=width, height=height, preserveAspectRatio="none", style=style,
        href=f"data:image/png;base64,{data}",
    )  # fmt: skip


def _value(value: object) -> str:
    return f"{value:.5g}" if isinstance(value, float) else escape(str(value))
