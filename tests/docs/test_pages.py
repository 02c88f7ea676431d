"""README and docs: tables up to date, links that lead somewhere, names that exist."""

import re
from pathlib import Path
from typing import Any

import av
import msgspec
import numpy as np
import pytest

from score_bridge.cli.doc_tables import TABLES, document_paths, fill_tables, write_tables
from score_bridge.settings import Settings
from score_bridge.wire.osc.patterns import Addresses
from score_bridge.wire.osc.table import INCOMING, OUTGOING, PATH_NAME
from tests.docs.pages import PAGES, ROOT, anchors, links, name_of, prose, read
from tests.docs.shell import check_command, make_targets

README = ROOT / "README.md"
every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


def test_the_readme_is_short() -> None:
    assert len(read(README).splitlines()) <= 140


def test_the_tables_are_those_the_program_runs_on() -> None:
    drifted = [name_of(page) for page in document_paths(ROOT) if fill_tables(read(page)) != read(page)]
    assert drifted == [], "run: python -m score_bridge.cli.doc_tables"


def test_every_table_stands_in_one_page() -> None:
    shown = "".join(map(read, PAGES))
    filled = {name: len(re.findall(rf"<!-- {name} -->\n[|*]", shown)) for name in TABLES}
    assert filled == dict.fromkeys(TABLES, 1)


def test_writing_the_tables_fills_readme_and_docs(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    readme, page, other = tmp_path / "README.md", tmp_path / "docs" / "page.md", tmp_path / "docs" / "other.md"
    readme.write_text("before\n<!-- settings -->\nold\n<!-- /settings -->\nafter\n")
    page.write_text("<!-- controls -->\n<!-- /controls -->\n")
    other.write_text("nothing\n")
    assert write_tables(tmp_path) == [readme, page]
    assert readme.read_text().startswith("before\n<!-- settings -->\n| setting |")
    assert readme.read_text().endswith("\n<!-- /settings -->\nafter\n")
    assert "old" not in readme.read_text()
    assert "| `temperature` |" in page.read_text()
    assert write_tables(tmp_path) == []


def test_the_readme_names_the_ports_of_the_defaults() -> None:
    ports = [
        f.default for f in msgspec.structs.fields(Settings) if f.name.endswith("_port") and f.name != "midi_port"
    ]
    assert [port for port in ports if str(port) not in read(README)] == []


def test_the_sound_lasts_twenty_seconds_is_small_and_is_not_silent() -> None:
    path = ROOT / ".github" / "demo.mp3"
    assert path.stat().st_size <= 400_000
    with av.open(str(path)) as file:
        stream: Any = file.streams.audio[0]
        sound = np.concatenate([frame.to_ndarray().mean(axis=0) for frame in file.decode(stream)])
        rate = stream.rate
    assert 19 <= len(sound) / rate <= 22
    seconds = sound[: len(sound) // rate * rate].reshape(-1, rate)
    rms = np.sqrt((seconds**2).mean(axis=1))
    assert (rms > 0.01).sum() >= 18
    assert np.abs(sound).max() <= 1


def test_the_readme_leads_to_every_page() -> None:
    reached = {(README.parent / link.partition("#")[0]).resolve() for link in links(README)}
    assert [name_of(page) for page in PAGES if page != README and page not in reached] == []


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    def leads_somewhere(link: str) -> bool:
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        return target.exists() and (not anchor or anchor in anchors(target))

    inside = [link for link in links(page) if not link.startswith("https://")]
    assert [link for link in inside if not leads_somewhere(link)] == []


@every_page
def test_commands_that_are_named_exist(page: Path) -> None:
    for line in re.findall(r"`(?:\.venv/bin/)?score-bridge ([a-z][^`]*)`", prose(page)):
        check_command(line, whole=False)


@every_page
def test_make_targets_that_are_named_exist(page: Path) -> None:
    assert set(re.findall(r"`make ([a-z-]+)", prose(page))) <= make_targets()


@every_page
def test_addresses_that_are_named_exist(page: Path) -> None:
    known = {row.address for row in INCOMING + OUTGOING}
    known |= {address.replace(PATH_NAME, "…") for address in known}
    pattern = re.compile(r"`(/score/[^`\s]*[*?\[,][^`\s]*)`")
    assert all(Addresses(known).matching(one) for one in pattern.findall(prose(page)))
    assert set(re.findall(r"/score/[a-z_/…{}]*[a-z…}]", pattern.sub("", prose(page)))) <= known


def test_the_architecture_names_every_package() -> None:
    folders = {path.parent.name for path in (ROOT / "score_bridge").glob("*/*") if path.suffix in (".py", ".json")}
    named = set(re.findall(r"^\| \[([a-z]+)/\]", read(ROOT / "docs" / "architecture.md"), re.MULTILINE))
    assert folders - named == set()
