"""MIDI for real: without a MIDI system it says so, and a JACK server of our own shows the bytes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from score_bridge.errors import DeviceError
from score_bridge.live.midi_ports import list_ports, rtmidi_advice
from score_bridge.live.player.midi_out import open_midi
from tests.live.rig import ROOT
from tests.programs import needs

JACK = ("jackd", "jack_midi_dump", "jack_connect", "jack_wait")
SAY = """
from score_bridge.live.player.midi_out import open_midi
out = open_midi("{name}")
input()
out.program(2, 5)
out.note_on(2, 60, 100)
out.note_off(2, 60)
out.control(16, 123, 0)
input()
out.close()
"""


def test_none_imports_nothing() -> None:
    check = (
        "import sys; from score_bridge.live.player.midi_out import open_midi; open_midi('none').note_on(1, 60, 1); "
    )
    check += "sys.exit(bool({'mido', 'rtmidi'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=False).returncode == 0


def test_a_port_that_cannot_be_had_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nobody")
    with pytest.raises(DeviceError, match=r"^MIDI port 'no such port' cannot be opened \(.*without MIDI, use --midi"):
        open_midi("no such port")


@pytest.mark.parametrize(
    ("version", "advice"),
    [
        ((3, 11, 7), "pip install python-rtmidi"),
        ((3, 12), "pip install python-rtmidi"),
        ((3, 13, 0), "use Python 3.12"),
    ],
)
def test_how_python_rtmidi_is_installed(version: tuple[int, ...], advice: str) -> None:
    assert rtmidi_advice(version).startswith(advice)


def test_without_rtmidi_one_line_says_what_midi_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    with pytest.raises(DeviceError, match=r"^MIDI needs python-rtmidi \(.*\): .*pip install [^\n]*$"):
        open_midi("virtual")


@pytest.fixture
def jack(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A JACK server without hardware, for this test alone."""
    name = f"score-bridge-test-{os.getpid()}"
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    command = ["jackd", "-n", name, "-r", "--no-realtime", "-d", "dummy", "-r", "48000", "-p", "128"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        subprocess.run(["jack_wait", "-w", "-t", "10"], check=True, stdout=subprocess.DEVNULL)
        yield
    finally:
        server.terminate()
        server.wait(10)


@needs(*JACK)
@pytest.mark.usefixtures("jack")
@pytest.mark.parametrize("name", ["virtual", "midi-monitor"])
def test_jack_is_the_fallback_and_gets_the_right_bytes(name: str) -> None:
    with subprocess.Popen(["jack_midi_dump", "-a"], stdout=subprocess.PIPE, text=True) as dump:
        wait_for(lambda: "midi-monitor:input" in list_ports())
        command = [sys.executable, "-c", SAY.format(name=name)]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, text=True) as player:
            assert dump.stdout is not None
            assert player.stdin is not None
            if name == "virtual":
                wait_for(lambda: connect("RtMidiOut Client:score_bridge", "midi-monitor:input"))
            player.stdin.write("\n")
            player.stdin.flush()
            lines = [dump.stdout.readline() for _ in range(4)]
            player.communicate("\n", timeout=10)
        dump.send_signal(signal.SIGINT)  # which makes it leave JACK in order
    heard = [line.partition(":")[2].split() for line in lines]
    assert [words[: 2 if words[0] == "c1" else 3] for words in heard] == [
        ["c1", "05"], ["91", "3c", "64"], ["81", "3c", "00"], ["bf", "7b", "00"],
    ]  # fmt: skip


RETURN = """
from score_bridge.live.player.midi_out import open_midi
out = open_midi("midi-monitor")
for _ in range(2):
    print(out.tend(), flush=True)
    input()
while not out.tend():
    pass
out.note_on(2, 60, 100)
input()
out.close()
"""


@needs(*JACK)
@pytest.mark.usefixtures("jack")
def test_a_device_that_goes_and_comes_back_is_opened_again() -> None:
    dump = ["jack_midi_dump", "-a"]
    command = [sys.executable, "-c", RETURN]
    with subprocess.Popen(dump, stdout=subprocess.DEVNULL) as first:
        wait_for(lambda: "midi-monitor:input" in list_ports())
        player = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert player.stdout is not None
        assert player.stdin is not None
        assert player.stdout.readline() == "False\n"
        first.send_signal(signal.SIGINT)
    wait_for(lambda: "midi-monitor:input" not in list_ports())
    player.stdin.write("\n")
    player.stdin.flush()
    assert player.stdout.readline() == "False\n", "it is gone"
    with subprocess.Popen(dump, stdout=subprocess.PIPE, text=True) as second:
        assert second.stdout is not None
        wait_for(lambda: "midi-monitor:input" in list_ports())
        player.stdin.write("\n")
        player.stdin.flush()
        assert second.stdout.readline().partition(":")[2].split()[:3] == ["91", "3c", "64"]
        _, said = player.communicate("\n", timeout=10)
        second.send_signal(signal.SIGINT)
    assert "'midi-monitor:input' is gone" in said
    assert "'midi-monitor:input' is back" in said


def connect(source: str, sink: str) -> bool:
    return subprocess.run(["jack_connect", source, sink], check=False, capture_output=True).returncode == 0


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
