"""The pages of documentation, taken apart: headings, links and fenced blocks of code."""

import re
from pathlib import Path
from typing import NamedTuple

from score_bridge.cli.doc_tables import document_paths

ROOT = Path(__file__).parents[2]
PAGES = (*document_paths(ROOT), ROOT / "examples" / "README.md", ROOT / "td_components" / "README.md")
FENCE = re.compile(r"^```(?P<language>\S*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A fenced block of code: its page, the line of its fence, its language and its text."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def name(self) -> str:
        return f"{name_of(self.page)}:{self.line}:{self.language}"


def name_of(page: Path) -> str:
    """The page as people call it: docs/shows.md."""
    return page.relative_to(ROOT).as_posix()


def read(page: Path) -> str:
    return page.read_text("utf-8")


def blocks() -> list[Block]:
    """Every fenced block of every page."""
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found["language"], found["text"])
        for page in PAGES
        for text in [read(page)]
        for found in FENCE.finditer(text)
    ]


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return FENCE.sub("", read(page))


def links(page: Path) -> list[str]:
    """Where its links and pictures lead."""
    return re.findall(r"\]\(([^)\s]+)\)", prose(page))


def anchors(page: Path) -> set[str]:
    """The names by which its headings can be linked to, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
