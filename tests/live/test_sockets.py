"""Addresses as others are told them."""

import pytest

from score_bridge.live.sockets import reachable


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:5571", "tcp://[::1]:5571", "tcp://192.168.1.5:5571"])
def test_an_address_of_one_interface_is_told_as_it_is(address: str) -> None:
    assert reachable(address) == address


@pytest.mark.parametrize("everywhere", ["tcp://0.0.0.0:5571", "tcp://[::]:5571"])
def test_nobody_is_told_to_connect_to_everywhere(everywhere: str) -> None:
    told = reachable(everywhere)
    assert told.startswith("tcp://")
    assert told.endswith(":5571")
    assert "0.0.0.0" not in told
    assert "::" not in told
