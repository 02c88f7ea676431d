"""build_tox.py runs from end to end in the fake TouchDesigner."""

import sys
from pathlib import Path
from typing import Any

import pytest

from score_bridge.touchdesigner.check import check_tox
from score_bridge.touchdesigner.install import bundled_script
from score_bridge.touchdesigner.parameters import parameters
from score_bridge.touchdesigner.source import component_nodes, folder
from tests.touchdesigner.fake_td import Td

SCRIPT = folder() / "build_tox.py"


@pytest.fixture(name="td")
def _td(tmp_path: Path) -> Any:
    td = Td(tmp_path)
    yield td
    td.quit()


def built(td: Td, *words: str) -> Any:
    td.drag_in(SCRIPT).run(*words)
    return td.find("/project1/ScoreBridge")


def test_it_builds_every_node_wire_and_parameter(td: Td) -> None:
    comp = built(td)
    assert "Not everything" not in comp.par.Status.eval()
    for node in component_nodes():
        made = comp.op(node.name)
        assert (made.OPType, made.nodeX, made.nodeY) == (node.type, node.x, node.y)
        assert [one.name for one in made.inputs] == list(node.inputs)
    assert [par.name for par in comp.customPars] == [row.name for row in parameters()]
    assert [page.name for page in comp.customPages] == ["Score", "Input", "Network", "Notes", "About"]
    assert comp.customPars[0].name == "Active"
    assert comp.par.Status.readOnly
    assert comp.par.Toxsavebuild.eval() == "099.2023.12000"
    assert td.said == ["ScoreBridge is at /project1/ScoreBridge. Wire a TOP into it and look at its Status."]


def test_it_leaves_no_path_of_this_machine(td: Td) -> None:
    comp = built(td)
    for name, node in comp.nodes.items():
        if node.OPType in ("textDAT", "executeDAT"):
            assert node.par.file.eval() == "", name
            assert not node.par.syncfile.eval()
        if node.OPType == "textDAT":
            assert str(folder()) not in node.text


def test_running_it_again_changes_nothing_and_keeps_what_was_set(td: Td) -> None:
    comp = built(td)
    before = {name: node.id for name, node in comp.nodes.items()}
    comp.par.Temperature = 0.4
    comp.par.Scale = "dorian"
    comp.par.Energy.expr = "1.5 / 2"
    comp.par.Oscport = 12345
    again = built(td)
    assert again is comp
    assert {name: node.id for name, node in comp.nodes.items()} == before
    assert comp.par.Temperature.eval() == 0.4
    assert comp.par.Scale.eval() == "dorian"
    assert comp.par.Energy.eval() == 0.75
    assert comp.par.Oscport.eval() == 12345


def test_an_older_component_is_upgraded(td: Td) -> None:
    old = td.project.create("baseCOMP", "ScoreBridge")
    page = old.appendCustomPage("Old")
    page.appendFloat("Temperature")[0].val = 0.3
    page.appendStr("Version")[0].val = "0.0.1"
    page.appendToggle("Nolonger")
    old.create("tableDAT", "in1")  # of another type by now
    comp = built(td)
    assert comp is old
    assert comp.op("in1").OPType == "inTOP"
    assert comp.par.Temperature.eval() == 0.3
    assert comp.par.Version.eval() != "0.0.1"
    assert comp.par["Nolonger"] is None


def test_saving_makes_a_whole_tox_beside_the_project(td: Td) -> None:
    built(td, "save")
    assert check_tox(td.folder / "ScoreBridge.tox") == 1


def test_what_cannot_be_done_is_said_in_status(td: Td, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules["tests.touchdesigner.fake_types"].TYPES, "resolutionTOP")
    comp = built(td)
    assert "node picture (there is no operator type resolutionTOP)" in comp.par.Status.eval()
    assert comp.op("out4") is not None


def test_a_parameter_that_this_build_lacks_is_said(td: Td, monkeypatch: pytest.MonkeyPatch) -> None:
    types = sys.modules["tests.touchdesigner.fake_types"].TYPES
    monkeypatch.setitem(types, "outCHOP", {})
    comp = built(td)
    assert "out1.label (outCHOP has no parameter label)" in comp.par.Status.eval()
    assert comp.op("held").par.callbacks.eval().name == "held_callbacks"


def test_the_bundled_script_needs_no_folder(td: Td, tmp_path: Path) -> None:
    alone = tmp_path / "elsewhere" / "build_tox.py"
    alone.parent.mkdir()
    alone.write_text(bundled_script(), "utf-8")
    td.drag_in(alone).run()
    assert td.find("/project1/ScoreBridge").par.Active.eval() is True


def test_without_its_folder_the_plain_script_says_so(td: Td, tmp_path: Path) -> None:
    alone = tmp_path / "build_tox.py"
    alone.write_text(SCRIPT.read_text("utf-8"), "utf-8")
    with pytest.raises(FileNotFoundError, match="ScoreBridge"):
        td.drag_in(alone).run()


def test_the_example_is_wired_and_its_expressions_hold(td: Td) -> None:
    built(td, "example")
    home = td.find("/project1/ScoreBridgeExample")
    comp = home.op("ScoreBridge")
    assert comp.inputConnectors[0].connections == [home.op("movie")]
    td.frame(3)
    for node in home.nodes.values():
        for par in node.builtins.values():
            par.eval()
    assert home.op("ball").par.radiusx.eval() == pytest.approx(0.02)
    assert home.op("roll").numpyArray().shape == (61, 240, 4)
