"""Draws a table of nodes as TouchDesigner would show it, as SVG."""

from html import escape

from score_bridge.touchdesigner.source import Node

WIDTH, HEIGHT, MARGIN = 130, 60, 30
COLOURS = {"TOP": "#6a5b9a", "CHOP": "#4f8a5b", "DAT": "#8a6d4f", "COMP": "#5b7f8a"}
TEXT = 'font-family="sans-serif" fill="#f4f4f4" text-anchor="middle"'


def draw(nodes: tuple[Node, ...]) -> str:
    """Return the picture: a box a node, a curve a wire. TouchDesigner's y points up."""
    places = {node.name: (node.x, -node.y) for node in nodes}
    left, top = (min(place[axis] for place in places.values()) - MARGIN for axis in (0, 1))
    right = max(x for x, _ in places.values()) + WIDTH + MARGIN
    bottom = max(y for _, y in places.values()) + HEIGHT + MARGIN
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left} {top} {right - left} {bottom - top}">'
    back = f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" fill="#2b2b2b"/>'
    wires = [_wire(places[name], places[node.name]) for node in nodes for name in node.inputs if name in places]
    return "\n".join([head, back, *wires, *(_box(node, *places[node.name]) for node in nodes), "</svg>", ""])


def _wire(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1, x2, y2 = start[0] + WIDTH, start[1] + HEIGHT // 2, end[0], end[1] + HEIGHT // 2
    middle = (x1 + x2) // 2
    return f'<path d="M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}" stroke="#c8c8c8" fill="none"/>'


def _box(node: Node, x: int, y: int) -> str:
    colour, middle = COLOURS[node.family], x + WIDTH // 2
    return (
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6" fill="{colour}"/>'
        f'<text x="{middle}" y="{y + 27}" font-size="11" {TEXT}>{escape(node.name)}</text>'
        f'<text x="{middle}" y="{y + 44}" font-size="9" opacity="0.7" {TEXT}>{escape(node.type)}</text>'
    )
