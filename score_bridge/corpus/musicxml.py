"""MusicXML before music21 sees it: unpacked, and without the parts that are not the melody.

music21 takes seconds for a quartet; of the parts it need not read it takes none.
"""

import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

from score_bridge.corpus.types import UnreadableScoreError

_CONTAINER = "META-INF/container.xml"


def musicxml(path: Path, every_part: bool) -> str:
    """The text of a .mxl, .musicxml or .xml score, by default of the melody's parts only.

    Raises UnreadableScoreError where there is no partwise MusicXML in the file.
    """
    try:
        root = ET.fromstring(_unpacked(path))
    except (ET.ParseError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise UnreadableScoreError(f"not MusicXML: {error}") from error
    if root.tag != "score-partwise":
        raise UnreadableScoreError(f"not partwise MusicXML: it is a '{root.tag}'")
    if not every_part:
        _keep(root, _melody(root.findall("part")))
    return ET.tostring(root, encoding="unicode")


def _unpacked(path: Path) -> bytes:
    """The score in a .mxl archive, or the file itself."""
    if path.suffix.lower() != ".mxl":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        roots = ET.fromstring(archive.read(_CONTAINER)).findall(".//{*}rootfile")
        return archive.read(next((root.get("full-path", "") for root in roots), ""))


def _melody(parts: list[ET.Element]) -> list[ET.Element]:
    """The sung parts, or else the first with notes; none is percussion."""
    pitched = [part for part in parts if part.find(".//pitch") is not None and not _is_percussion(part)]
    return [part for part in pitched if part.find(".//lyric/text") is not None] or pitched[:1]


def _is_percussion(part: ET.Element) -> bool:
    """Whether a part has unpitched notes or their clef."""
    return part.find(".//unpitched") is not None or part.find(".//clef[sign='percussion']") is not None


def _keep(root: ET.Element, kept: list[ET.Element]) -> None:
    """Take the other parts out of a score and of its list of parts."""
    names = {part.get("id") for part in kept}
    for parent, tag in ((root, "part"), (root.find("part-list"), "score-part")):
        for child in [] if parent is None else parent.findall(tag):
            if child.get("id") not in names and parent is not None:
                parent.remove(child)
