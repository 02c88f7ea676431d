from typing import get_args

from score_bridge.wire.messages import Incoming, Outgoing
from score_bridge.wire.osc.table import INCOMING, LISTS, OUTGOING, TAGS, osc_reference


def test_every_message_has_an_address() -> None:
    assert {row.message for row in INCOMING} == set(get_args(Incoming))
    assert {row.message for row in OUTGOING} == set(get_args(Outgoing))


def test_addresses_and_usages() -> None:
    usages = [f"{row.address} {row.usage}" for row in INCOMING]
    assert "/score/set [stream] name value" in usages
    assert "/score/features [stream] values..." in usages
    assert "/score/frame [stream] width height order pixels" in usages
    assert "/score/panic no arguments" in usages


def test_rows_of_one_address_differ_in_number() -> None:
    first, second = (row for row in INCOMING if row.address == "/score/frame")
    assert first.most < second.least


def test_only_the_stream_in_front_or_the_last_may_be_left_out() -> None:
    """A list at the end may be empty anyway."""
    for row in INCOMING:
        single = [slot for slot in row.slots if slot.kind not in LISTS]
        left_out = [k for k, slot in enumerate(single) if slot.optional]
        assert len(left_out) <= 1
        assert set(left_out) <= {0, len(single) - 1}


def test_what_was_added_to_an_address_stands_at_its_end() -> None:
    for row in OUTGOING:
        left_out = [k for k, slot in enumerate(row.slots) if slot.optional]
        assert left_out in ([0], [*range(len(row.slots) - len(left_out), len(row.slots))])


def test_the_reference_names_every_address_and_type() -> None:
    text = osc_reference()
    for row in INCOMING + OUTGOING:
        assert f"| `{row.address}` | {row.usage} |" in text
        assert all(slot.kind in TAGS for slot in row.slots)
    assert r"| `/score/set` | [stream] name value | s s f\|i\|s | Sets one control" in text
    assert all(line.count(" | ") == 3 for line in text.splitlines() if line.startswith("| `"))
