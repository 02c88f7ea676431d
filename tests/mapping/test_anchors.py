import numpy as np
import pytest

from score_bridge.errors import PeerError
from score_bridge.mapping.anchors import (
    MOST_ANCHORS,
    MOST_UNDOS,
    UNTAUGHT,
    Anchor,
    AnchorSet,
    add_anchor,
    remove_anchor,
    undo_change,
)


def _anchor(name: str, value: float = 0.0, size: int = 6, latent: int = 4) -> Anchor:
    return Anchor(name, np.full(size, value, np.float32), np.zeros(latent, np.float32), "played")


def _names(known: AnchorSet) -> list[str]:
    return [anchor.name for anchor in known.anchors]


def test_a_name_is_taught_once_and_the_newest_stands_last() -> None:
    first, again = _anchor("a"), _anchor("a", 1.0)
    known = add_anchor(add_anchor(add_anchor(UNTAUGHT, first), _anchor("b")), again)
    assert _names(known) == ["b", "a"]
    assert known.anchors[-1] is again


def test_every_change_can_be_undone_in_turn() -> None:
    one = add_anchor(UNTAUGHT, _anchor("a"))
    two = add_anchor(one, _anchor("a", 1.0))
    gone = remove_anchor(two, "a")
    assert _names(gone) == []
    assert undo_change(gone).anchors == two.anchors
    assert undo_change(undo_change(gone)).anchors == one.anchors
    assert undo_change(undo_change(undo_change(gone))).anchors == ()
    with pytest.raises(PeerError, match="nothing to undo"):
        undo_change(undo_change(undo_change(undo_change(gone))))


def test_undoing_goes_back_a_bounded_way() -> None:
    known = UNTAUGHT
    for i in range(MOST_UNDOS + 5):
        known = add_anchor(known, _anchor("a", float(i)))
    for _ in range(MOST_UNDOS):
        known = undo_change(known)
    assert known.anchors[0].features[0] == 4.0
    with pytest.raises(PeerError, match="nothing to undo"):
        undo_change(known)


def test_a_thousand_anchors_are_refused_but_a_known_name_may_be_taught_anew() -> None:
    known = UNTAUGHT
    for i in range(MOST_ANCHORS):
        known = add_anchor(known, _anchor(f"a{i}"))
    with pytest.raises(PeerError, match=f"{MOST_ANCHORS} pictures"):
        add_anchor(known, _anchor("one more"))
    assert len(add_anchor(known, _anchor("a7", 1.0)).anchors) == MOST_ANCHORS


@pytest.mark.parametrize("name", ["", "a" * 65, "two\nlines", "\x00"])
def test_unusable_names_are_refused(name: str) -> None:
    with pytest.raises(PeerError, match="printable"):
        add_anchor(UNTAUGHT, _anchor(name))


def test_a_name_of_64_characters_is_none_too_long() -> None:
    assert _names(add_anchor(UNTAUGHT, _anchor("ä" * 64))) == ["ä" * 64]


def test_other_lengths_and_no_numbers_are_refused() -> None:
    known = add_anchor(UNTAUGHT, _anchor("a"))
    with pytest.raises(PeerError, match="features of 6 values, this one 7"):
        add_anchor(known, _anchor("b", size=7))
    with pytest.raises(PeerError, match="place of 4 values, this one 5"):
        add_anchor(known, _anchor("b", latent=5))
    with pytest.raises(PeerError, match="no numbers"):
        add_anchor(known, _anchor("b", float("nan")))
    with pytest.raises(PeerError, match="no numbers"):
        add_anchor(known, _anchor("b", float("inf")))


def test_what_is_not_taught_cannot_be_removed() -> None:
    with pytest.raises(PeerError, match="'b'"):
        remove_anchor(add_anchor(UNTAUGHT, _anchor("a")), "b")
