import pytest

from score_bridge.cli import main
from score_bridge.client import Client
from tests.live.rig import FAKE, server


def test_it_says_what_a_running_server_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with server(FAKE) as (_, ready), Client.connect(str(ready["zmq"]), name="my patch"):
        monkeypatch.setattr("sys.argv", ["score-bridge", "status", "--address", str(ready["zmq"])])
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == 0
    said = capsys.readouterr()
    shown = said.out + said.err
    assert f"score_bridge 0.1.0 at {ready['zmq']}" in shown
    assert "main" in shown
    assert "waiting" in shown
    assert "connected: my patch" in shown


def test_where_there_is_none_it_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["score-bridge", "status", "--address", "tcp://127.0.0.1:9"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert "127.0.0.1:9" in said
    assert said.count("\n") == 1
