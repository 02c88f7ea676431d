"""The real server, probed, with a tiny melody model: structure only. No test judges times."""

import time
from pathlib import Path

import pytest

from score_bridge.bench import latency
from score_bridge.bench.host import Host
from score_bridge.bench.pictures import drifting
from score_bridge.bench.probe import serve_with_probe
from score_bridge.client import Client
from score_bridge.errors import ModelError
from score_bridge.settings import Settings
from tests.tiny import save_tiny


@pytest.mark.timeout(180)
def test_what_a_probed_server_records(tmp_path: Path) -> None:
    settings = Settings(melody_model=str(save_tiny(tmp_path / "tiny.safetensors")), device="cpu")
    with serve_with_probe(settings) as record, Client.connect(record.ready["zmq"]) as client:
        host = Host(client)
        for _ in range(100):
            host.feed(drifting(64, 64), 20, 0.5)
            status = host.status()
            if status is not None and status.notes >= 1:
                break
        host.listen(time.perf_counter() + 0.3)
    assert len(record.encodes) == len(record.seen) >= 3
    assert len(record.quick) > len(record.seen)
    assert len(record.steps) >= 2
    assert len(record.decodes) - len(record.steps) in (0, 1)  # the last may end before it is reported
    assert record.played
    ways, beyond = latency.way(host.sent, record), latency.overhead(host.sent, record)
    assert all(0 < b < w for b, w in zip(beyond, ways, strict=True))
    assert len(ways) == len(record.seen)


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(ModelError, match="missing"),
        serve_with_probe(Settings(melody_model=str(tmp_path / "missing"))),
    ):
        pass
