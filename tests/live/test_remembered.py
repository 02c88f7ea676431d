"""OSC hosts that are remembered from one run of a server to the next."""

import json
from pathlib import Path

import pytest

from score_bridge.live.peers import LEASE_S, Hosts
from score_bridge.live.remembered import RENEWED_S, RememberedHosts
from score_bridge.wire.internal import Listener

MAX = Listener("127.0.0.1", 7400)
PD = Listener("10.0.0.7", 8000, ("stage left", "3"), kinds=("latent",), ahead=True)


def test_who_listened_is_there_after_a_restart_at_the_same_port(tmp_path: Path) -> None:
    RememberedHosts(tmp_path, 9901).note((MAX, PD))
    assert RememberedHosts(tmp_path, 9901).read() == (MAX, PD)
    assert RememberedHosts(tmp_path, 9902).read() == ()


def test_a_port_the_system_chose_is_not_remembered(tmp_path: Path) -> None:
    RememberedHosts(tmp_path, 0).note((MAX,))
    assert list(tmp_path.iterdir()) == []


def test_a_lease_that_has_run_out_is_forgotten(tmp_path: Path) -> None:
    hosts = RememberedHosts(tmp_path, 9901)
    hosts.note((MAX,))
    [file] = tmp_path.iterdir()
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({**kept, "time": kept["time"] - LEASE_S}))
    assert hosts.read() == ()
    hosts.renew(now=0.0)
    assert hosts.read() == (MAX,), "it says once a minute that they still listen"
    file.unlink()
    hosts.renew(now=RENEWED_S - 1)
    assert hosts.read() == ()
    hosts.renew(now=RENEWED_S)
    assert hosts.read() == (MAX,)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"time": "x", "hosts": []}', '{"time": 1e999, "hosts": [["a", 1]]}', "\x00\xff"]
)
def test_a_damaged_file_is_no_memory(tmp_path: Path, content: str) -> None:
    hosts = RememberedHosts(tmp_path, 9901)
    hosts.note((MAX,))
    [file] = tmp_path.iterdir()
    file.write_text(content)
    assert hosts.read() == ()


def test_a_folder_that_cannot_be_written_costs_the_memory_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    hosts = RememberedHosts(tmp_path / "file", 9901)
    hosts.note((MAX,))
    assert hosts.read() == ()


def test_a_restored_host_gets_notes_until_its_lease_ends() -> None:
    hosts = Hosts(None)
    hosts.restore((MAX, PD), 0.0)
    assert hosts.listeners() == (MAX, PD)
    assert hosts.names() == ()
    told = hosts.expire(LEASE_S)
    assert hosts.listeners() == ()
    assert len(told) == 2
