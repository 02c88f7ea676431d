"""The MIDI clock through a real JACK server: jack_midi_clock leads the server, and the server leads a listener."""

import subprocess
import sys
from itertools import pairwise
from statistics import median

import pytest

from score_bridge.live.midi_ports import list_ports
from score_bridge.wire.messages import Note, Status
from tests.live.player.test_midi_out import connect, jack, wait_for  # noqa: F401 - a fixture
from tests.live.rig import ROOT, playing
from tests.programs import needs

OURS = "RtMidiIn Client:score_bridge clock"

LISTEN = """
import sys, time
from score_bridge.live.endpoints.midi_clock_in import MidiClockIn
port = MidiClockIn("virtual")
print("open", flush=True)
heard = []
while len(heard) < 120:
    heard += port.events(time.perf_counter())
for event in heard:
    print(event.kind, event.time, flush=True)
"""


def transport(command: str) -> None:
    subprocess.run(["jack_transport"], input=f"{command}\nquit\n", text=True, check=True, capture_output=True)


@needs("jackd", "jack_midi_clock", "jack_transport", "jack_connect")
@pytest.mark.usefixtures("jack")
def test_the_server_follows_a_clock_that_comes_by_jack() -> None:
    with playing(clock_in="virtual") as host:
        wait_for(lambda: OURS in list_ports("output"))
        with subprocess.Popen(["jack_midi_clock", "-b", "97", OURS], stdout=subprocess.DEVNULL) as leader:
            transport("play")
            host.show()
            host.until(lambda m: isinstance(m, Status) and abs(m.tempo - 97) < 0.5)
            begun = [note.time for note in host.notes(12)]
            gaps = [b - a for a, b in pairwise(begun[4:])]
            assert median(gaps) == pytest.approx(15 / 97, abs=0.004)
            transport("stop")
            host.until(lambda m: isinstance(m, Status) and m.message == "the MIDI clock is stopped")
            host.quiet(500)
            assert not host.sounding()
            transport("play")
            host.until(lambda m: isinstance(m, Note))
            leader.terminate()


@needs("jackd", "jack_connect")
@pytest.mark.usefixtures("jack")
def test_the_server_leads_others_by_jack() -> None:
    with subprocess.Popen([sys.executable, "-c", LISTEN], cwd=ROOT, stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdout is not None
        assert listener.stdout.readline() == "open\n"
        with playing(midi_port="virtual", clock_out=True, tempo=90.0):
            wait_for(lambda: connect("RtMidiOut Client:score_bridge", OURS))
            heard = [line.split() for line in listener.stdout]
    times = [float(time) for kind, time in heard if kind == "pulse"]
    assert len(times) >= 100
    assert "start" in [kind for kind, _ in heard]
    assert median(b - a for a, b in pairwise(times)) == pytest.approx(60 / 90 / 24, abs=0.003)
    assert times[-1] - times[0] == pytest.approx((len(times) - 1) * 60 / 90 / 24, abs=0.01)
