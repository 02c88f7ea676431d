"""What lies in the repository for TouchDesigner: it is what the tables say, and what TouchDesigner takes."""

import ast
import re
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from score_bridge import __version__
from score_bridge.cli import app
from score_bridge.errors import MediaError, SettingsError
from score_bridge.touchdesigner.check import check_tox
from score_bridge.touchdesigner.collapse import candidates, collapse, find_toecollapse
from score_bridge.touchdesigner.formats import node_text, parm_text, table_bytes, text_bytes
from score_bridge.touchdesigner.install import install, palette_folder
from score_bridge.touchdesigner.parameters import PAGES, parameter_name, parameters
from score_bridge.touchdesigner.source import Node, component_nodes, example_nodes, folder, read_sources
from score_bridge.touchdesigner.tables import generated_files
from score_bridge.touchdesigner.tree import tree_files, write_tree
from score_bridge.wire.controls import CONTROLS
from tests.touchdesigner.fake_parameters import LEGAL
from tests.touchdesigner.fake_td import Td

PYTHON = [*folder().glob("*.py"), *(folder() / "ScoreBridge").glob("*.py")]
TOX = b"\x00\x00\x00\x01" + b"10" + (3).to_bytes(4, "big") + (9).to_bytes(4, "big") + b"abc"


def names_of(file: str) -> set[str]:
    tree = ast.parse((folder() / "ScoreBridge" / file).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_nothing_has_drifted_from_the_tables() -> None:
    drifted = [path.name for path, text in generated_files().items() if path.read_text("utf-8") != text]
    assert drifted == [], "run: score-bridge td tables"


def test_every_control_has_a_parameter_with_its_range() -> None:
    rows = {row.control: row for row in parameters() if row.control}
    assert set(rows) == {*CONTROLS, "tempo"}
    for spec in CONTROLS.values():
        row = rows[spec.name]
        assert row.name == parameter_name(spec.name)
        assert (row.low, row.high) == (spec.low, spec.high)
        assert not spec.choices or row.style == "Toggle" or row.labels == spec.choices


def test_parameters_obey_touchdesigners_rules() -> None:
    names = [row.name for row in parameters()]
    assert len(set(names)) == len(names)
    assert all(LEGAL.match(name) for name in names)
    assert [row.page for row in parameters()] == sorted((row.page for row in parameters()), key=PAGES.index)
    assert all(row.help for row in parameters())
    for row in parameters():
        assert not row.menu or (row.default in row.menu and len(row.menu) == len(row.labels) == len(set(row.menu)))
        assert all(re.fullmatch("[a-z0-9]+", name) for name in row.menu)
        assert row.low is None or row.low <= float(row.default or 0) <= float(row.high or 0)


def test_every_button_does_something() -> None:
    extension = (folder() / "ScoreBridge" / "score_bridge_ext.py").read_text("utf-8")
    for row in parameters():
        if row.style == "Pulse":
            assert re.search(rf"def {row.name}\(self\)|^    {row.name} = ", extension, re.MULTILINE), row.name


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: path.name)
def test_every_file_is_python_3_11(path: Path) -> None:
    ast.parse(path.read_text("utf-8"), feature_version=(3, 11))


def test_the_component_needs_nothing_that_touchdesigner_lacks() -> None:
    allowed = {*sys.stdlib_module_names, "numpy", "cv2", "zmq", *(path.stem for path in PYTHON)}
    for path in PYTHON:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            assert {module.partition(".")[0] for module in modules} <= allowed, path.name


def test_callbacks_are_thin() -> None:
    for name in ("frame_exec.py", "parameter_exec.py", "held_callbacks.py", "roll_exec.py", "callbacks_template.py"):
        for node in ast.parse((folder() / "ScoreBridge" / name).read_text("utf-8")).body:
            assert isinstance(node, ast.FunctionDef)
            assert (node.end_lineno or 0) - node.lineno + 1 <= 5


def test_nodes_do_not_shadow_modules_and_carry_every_source() -> None:
    nodes = component_nodes()
    names = [node.name for node in nodes]
    assert len(set(names)) == len(names)
    assert not set(names) & set(sys.stdlib_module_names)
    used = {node.file for node in (*nodes, *example_nodes()) if node.file}
    assert used == set(read_sources())
    places = [(node.x, node.y) for node in nodes]
    assert len(set(places)) == len(places)


def test_callbacks_that_are_switched_on_are_there() -> None:
    switches = {"framestart": "onFrameStart", "create": "onCreate", "exit": "onExit", "valuechange": "onValueChange"}
    for node in component_nodes():
        for switch in node.parameters.keys() & switches.keys():
            assert switches[switch] in names_of(node.file)
    assert names_of("callbacks_template.py") == {"onNote", "onCut", "onOnset", "onStatus", "onError"}


def test_the_version_is_the_packages() -> None:
    assert next(row.default for row in parameters() if row.name == "Version") == __version__


# --- the expanded tree ---------------------------------------------------------------------------------------


def test_the_files_of_a_tree_are_as_others_measured_them() -> None:
    node = Node("held", "parameterexecuteDAT", 5, -6, ("a", "b"), "", {})
    assert node_text(node) == (
        "DAT:parexec\ntile 5 -6 130 90\nflags =  parlanguage 0\n"
        "inputs\n{\n0 \ta\n1 \tb\n}\ncolor 0.55 0.55 0.55\nend\n"
    )
    values: dict[str, bool | int | float | str] = {"active": True, "w": 3, "op": "=parent()", "label": "a b"}
    assert parm_text(values) == '?\nactive 0 on\nw 0 3\nop 17 0 parent()\nlabel 0 "a b"\n?\n'
    assert text_bytes("é") == b"2\n*" + bytes.fromhex("00000001" * 4 + "00000002" + "00000002") + "é".encode()
    head = b"1\n*" + bytes.fromhex("00000001 00000002 00000001 00000000")
    assert table_bytes([["a", "bc"]]) == head + bytes.fromhex("00000002 00000001 61 00000002 00000002 6263")


def test_a_tree_is_complete_and_completes_itself_in_touchdesigner(tmp_path: Path) -> None:
    toc = write_tree(tmp_path)
    listed = toc.read_text().splitlines()
    root = tmp_path / "ScoreBridge.tox.dir"
    assert listed[:2] == ["# 4 0 0 0 1", ".build"]
    assert set(listed[1:]) == {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    td = Td(tmp_path)
    comp = load(td, root)
    assert not comp.customPars
    td.created()
    assert [par.name for par in comp.customPars] == [row.name for row in parameters()]
    assert "Not everything" not in comp.par.Status.eval()
    td.frame(3)
    td.quit()


def load(td: Td, root: Path):  # type: ignore[no-untyped-def]  # a fake COMP
    """Read a tree as TouchDesigner would, as far as this fake one is."""
    comp = td.project.create("baseCOMP", "ScoreBridge")
    full = {node.name: node.type for node in component_nodes()}
    for path in sorted((root / "ScoreBridge").glob("*.n")):
        node = comp.op(path.stem) or comp.create(full[path.stem], path.stem)
        text = path.with_suffix(".text")
        node.text = text.read_bytes()[27:].decode() if text.exists() else ""
        parm = path.with_suffix(".parm")
        for line in parm.read_text().splitlines()[1:-1] if parm.exists() else ():
            name, mode, value = line.split(" ", 2)
            if mode == "0":
                par = node.par[name]
                par.val = {"on": True, "off": False}.get(value, value.strip('"'))
    return comp


def test_writing_a_tree_again_leaves_nothing_old(tmp_path: Path) -> None:
    write_tree(tmp_path)
    stale = tmp_path / "ScoreBridge.tox.dir" / "ScoreBridge" / "old.n"
    stale.write_text("x")
    write_tree(tmp_path)
    assert not stale.exists()
    assert next(iter(tree_files())) == ".build"


# --- .tox ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "is no .tox: it begins with nothing"),
        (b"PK\x03\x04rest", "is no .tox: it begins with 50 4b"),
        (b"version https://git-lfs.github.com/spec/v1\n", "run `git lfs pull`"),
        (TOX[:4], "holds no segment"),
        (TOX[:9], "inside a segment's head"),
        (TOX[:-1], "1 bytes are missing"),
        (TOX + b"xx", "damaged at byte 17"),
        (TOX + b"1", "inside a segment's head"),
    ],
)
def test_a_tox_that_is_not_whole_is_told_apart(tmp_path: Path, data: bytes, fault: str) -> None:
    file = tmp_path / "a.tox"
    file.write_bytes(data)
    with pytest.raises(MediaError, match=re.escape(fault)):
        check_tox(file)


def test_a_whole_tox_has_its_segments_counted(tmp_path: Path) -> None:
    file = tmp_path / "a.tox"
    file.write_bytes(TOX + TOX[4:])
    assert check_tox(file) == 2
    with pytest.raises(MediaError, match="cannot read"):
        check_tox(tmp_path / "none.tox")


def program(tmp_path: Path, code: str) -> Path:
    path = tmp_path / "toecollapse"
    path.write_text(f"#!{sys.executable}\nimport pathlib, sys\n{code}\n")
    path.chmod(0o755)
    return path


def test_collapse_goes_by_the_file_and_not_by_the_exit_code(tmp_path: Path) -> None:
    good = program(tmp_path, f"pathlib.Path(sys.argv[1]).with_suffix('').write_bytes({TOX!r}); sys.exit(1)")
    tox = collapse(write_tree(tmp_path), find_toecollapse(good))
    assert tox == tmp_path / "ScoreBridge.tox"
    bad = program(tmp_path, "print('directory not found'); sys.exit(0)")
    with pytest.raises(MediaError, match=r"made no ScoreBridge\.tox: directory not found"):
        collapse(write_tree(tmp_path), bad)
    broken = program(tmp_path, f"pathlib.Path(sys.argv[1]).with_suffix('').write_bytes({TOX[:-1]!r})")
    with pytest.raises(MediaError, match="cut off"):
        collapse(write_tree(tmp_path), broken)


def test_toecollapse_is_looked_for_in_the_newest_touchdesigner(tmp_path: Path) -> None:
    for year in ("2023.1", "2025.2"):
        (tmp_path / "Derivative" / f"TouchDesigner.{year}").mkdir(parents=True)
    first = next(iter(candidates("win32", tmp_path)))
    assert first.relative_to(tmp_path).as_posix() == "Derivative/TouchDesigner.2025.2/bin/toecollapse.exe"
    (tmp_path / "TouchDesigner.app").mkdir()
    assert "Contents/MacOS/toecollapse" in next(iter(candidates("darwin", tmp_path))).as_posix()
    assert list(candidates("linux", tmp_path)) == []
    with pytest.raises(SettingsError, match="there is none at"):
        find_toecollapse(tmp_path / "none")


# --- installation --------------------------------------------------------------------------------------------


def test_the_palette_is_where_touchdesigner_has_it(tmp_path: Path) -> None:
    for platform in ("win32", "darwin"):
        assert palette_folder(platform, tmp_path) == tmp_path / "Documents" / "Derivative" / "Palette"
    with pytest.raises(SettingsError, match="--to"):
        palette_folder("linux", tmp_path)


def test_installing_writes_files_and_refuses_a_broken_tox(tmp_path: Path) -> None:
    tox = tmp_path / "mine.tox"
    tox.write_bytes(TOX)
    written = install(tmp_path / "palette", tox)
    home = tmp_path / "palette" / "ScoreBridge"
    assert [path.name for path in written] == ["build_tox.py", "README.md", "network.svg", "ScoreBridge.tox"]
    assert sorted(path.name for path in home.iterdir()) == sorted(path.name for path in written)
    tox.write_bytes(TOX[:-1])
    with pytest.raises(MediaError, match="cut off"):
        install(tmp_path / "palette", tox)
    with pytest.raises(MediaError, match="cannot install"):
        install(home / "build_tox.py")


def test_the_commands_say_what_they_did(tmp_path: Path) -> None:
    runner = CliRunner()
    said = runner.invoke(app, ["td", "install", "--to", str(tmp_path)]).output
    assert "1. Drag build_tox.py into your network." in said
    assert "2. Right-click it: Run Script." in said
    assert runner.invoke(app, ["td", "tree", "--out", str(tmp_path)]).output.strip().endswith("ScoreBridge.tox.toc")
    (tmp_path / "a.tox").write_bytes(TOX)
    assert "whole, 1 segments" in runner.invoke(app, ["td", "check", str(tmp_path / "a.tox")]).output
    assert isinstance(runner.invoke(app, ["td", "check", str(tmp_path)]).exception, MediaError)
    assert runner.invoke(app, ["td", "tables"]).output == ""
