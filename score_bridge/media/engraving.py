"""Sheet music as a drawing: MusicXML to SVG through verovio (extra `sheet`)."""

import warnings
from typing import Final
from xml.etree import ElementTree

_SVG: Final = "http://www.w3.org/2000/svg"
_DRAWING: Final = {
    "pageWidth": 2100, "pageHeight": 60_000, "adjustPageHeight": True, "scale": 45, "footer": "none",
    "pageMarginLeft": 120, "pageMarginRight": 120, "pageMarginTop": 100, "pageMarginBottom": 100,
    "spacingLinear": 0.3, "xmlIdSeed": 1, "svgFormatRaw": True,
}  # fmt: skip


def engrave(text: str) -> str:
    """Return MusicXML as one tall SVG on white paper. ValueError for text that cannot be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import verovio
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions(_DRAWING)
    if not toolkit.loadData(text):
        raise ValueError("verovio cannot read this MusicXML")
    return _stack([toolkit.renderToSVG(page) for page in range(1, toolkit.getPageCount() + 1)])


def _stack(pages: list[str]) -> str:
    """Put pages, one below the other, into one drawing."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    whole = ElementTree.Element(f"{{{_SVG}}}svg")
    paper = ElementTree.SubElement(whole, f"{{{_SVG}}}rect", {"width": "100%", "height": "100%", "fill": "#fff"})
    width = height = 0.0
    for page in pages:
        drawing = ElementTree.fromstring(page)
        drawing.set("y", f"{height:g}")
        width = max(width, _pixels(drawing, "width"))
        height += _pixels(drawing, "height")
        whole.append(drawing)
    for element in (whole, paper):
        element.set("width", f"{width:g}")
        element.set("height", f"{height:g}")
    whole.set("viewBox", f"0 0 {width:g} {height:g}")
    return ElementTree.tostring(whole, "unicode") + "\n"


def _pixels(drawing: ElementTree.Element, side: str) -> float:
    return float(drawing.get(side, "0").removesuffix("px"))
