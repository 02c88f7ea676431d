import pytest

from score_bridge.errors import SettingsError
from score_bridge.wire.bindings import Binding, bind, parse_bindings

MOTION, HUE = Binding("motion", "density", 0.5), Binding("hue", "density", -1.0)


def test_one_binding_a_pair_and_the_newest_counts() -> None:
    both = bind(bind((), MOTION), HUE)
    assert both == (MOTION, HUE)
    assert bind(both, Binding("motion", "density", 2.0)) == (HUE, Binding("motion", "density", 2.0))
    assert bind(both, Binding("motion", "density", 0.0)) == (HUE,)
    assert bind((), Binding("motion", "density", 0.0)) == ()


def test_lines_are_read() -> None:
    assert parse_bindings(["motion density 0.5", "  hue\tdensity  -1 "]) == (MOTION, HUE)
    assert parse_bindings(["motion density 2", "motion density 0"]) == ()


@pytest.mark.parametrize("line", ["", "motion", "motion density", "motion density 1 2", "tempo density 1"])
def test_other_lines_are_refused_with_what_is_right(line: str) -> None:
    with pytest.raises(
        SettingsError, match=r"expected one of brightness, .*, then one of density, .* -2 to 2"
    ) as caught:
        parse_bindings([line])
    assert "\n" not in str(caught.value)
