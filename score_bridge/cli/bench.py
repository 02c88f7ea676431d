"""The `bench` command: all measures one after the other, then a table or one line of strict JSON.

The keys are a contract with whoever reads them: they are added to, never renamed. What could not be measured is null.
"""

import json
import sys
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from score_bridge.bench import latency
from score_bridge.bench.child import answer, child
from score_bridge.bench.endurance import endure
from score_bridge.bench.film import score_speed
from score_bridge.bench.jack import note_jitter
from score_bridge.bench.machine import machine
from score_bridge.bench.networks import network_times
from score_bridge.bench.report import table
from score_bridge.bench.show import show
from score_bridge.bench.statistics import percentiles, ratio
from score_bridge.bench.streams import many_streams
from score_bridge.settings import Settings

BASELINE = "score_bridge.bench.one_process:run"
LOADING_S = 60.0


@dataclass(frozen=True)
class Lengths:
    """How long each measure takes, in seconds.

    pictures: of a size (cuts: twice that); streams: each of the runs with many streams; endurance: the long run.
    """

    pictures: float = 14.0
    baseline: float = 15.0
    streams: float = 12.0
    film: float = 20.0
    endurance: float = 60.0


FULL, QUICK = Lengths(), Lengths(5.0, 5.0, 4.0, 6.0, 15.0)


def bench_command(settings: Settings, as_json: bool, quick: bool) -> None:
    """Measure and print."""
    console = Console(stderr=True)
    lengths = QUICK if quick else FULL
    with console.status("") as status:
        figures = measure(settings, lengths, lambda what: status.update(f"measuring {what}"))
    if as_json:
        sys.stdout.write(json.dumps(figures, allow_nan=False) + "\n")
    else:
        Console().print(table(figures))


def measure(settings: Settings, lengths: Lengths, say: Any = lambda _: None) -> dict[str, Any]:
    """Take all measures and return them under the keys of the contract."""
    figures: dict[str, Any] = {"machine": machine()}
    say("the networks")
    figures |= network_times(settings)
    say("pictures, cuts and notes")
    figures |= live(settings, lengths.pictures)
    say("the baseline in one process")
    figures |= baseline(settings, lengths.baseline)
    figures["lateness_ratio"] = ratio(figures["asyncio_lateness_ms"]["p99"], figures["note_lateness_ms"]["p99"])
    say("many streams")
    figures |= {
        "streams_16": many_streams(settings, 16, lengths.streams),
        "streams_32": many_streams(settings, 32, lengths.streams),
        "streams_16_contended": many_streams(settings, 16, lengths.streams, contended=True),
    }
    say("MIDI through JACK")
    figures["jack_jitter_ms"] = note_jitter(settings, lengths.pictures)
    say("a film's scoring")
    figures |= score_speed(settings, lengths.film)
    say("memory over time")
    return figures | endure(settings, lengths.endurance)


def live(settings: Settings, seconds: float) -> dict[str, Any]:
    """Take the measures that need the probe."""
    shown, record = show(settings, seconds)
    lead = settings.lead_ms / 1000
    reached = latency.cut_to_note(shown.cuts, record, lead)
    at_once = latency.count_prompt_cuts(shown.cuts, shown.latents, record, lead)
    free = latency.free_cut_to_note(shown.free_cuts, record)
    models = latency.models(record)
    late = latency.lateness(record, shown.small, shown.shots)
    return {
        "overhead_ms": {
            "64": percentiles(latency.overhead(shown.small, record)),
            "1080p": percentiles(latency.overhead(shown.large, record)),
        },
        "picture_to_latent_ms": {
            "64": percentiles(latency.way(shown.small, record)),
            "1080p": percentiles(latency.way(shown.large, record)),
        },
        "picture_to_quick_latent_ms": {
            "64": percentiles(latency.quick_way(shown.small, record)),
            "1080p": percentiles(latency.quick_way(shown.large, record)),
        },
        "cut_to_note_ms": percentiles(reached),
        "cuts": {"shown": len(reached), "heard_at_once": at_once},
        "free_cut_to_note_ms": percentiles(free),
        "free_cuts": {"shown": len(shown.free_cuts), "struck": len(free)},
        "models_ms": {name: percentiles(times) for name, times in models.items()},
        "note_lateness_ms": percentiles(late, with_max=True),
        "note_lateness_1080p_ms": percentiles(latency.lateness(record, shown.large), with_max=True),
        "note_events": len(late),
    }


def baseline(settings: Settings, seconds: float) -> dict[str, Any]:
    """Measure how late sixteenths are in one asyncio process that does the engine's work too, in two ways."""
    with child(BASELINE, settings, seconds) as pipe:
        late = answer(pipe, LOADING_S + 3 * seconds)
    assert isinstance(late, list)
    names = ("asyncio_lateness_ms", "asyncio_executor_lateness_ms")
    return {name: percentiles(times, with_max=True) for name, times in zip(names, late, strict=True)}
