"""What a host shows a probed server: small pictures, large ones, and stills with cuts between them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, repeat

import numpy as np

from score_bridge.bench.host import Host, Sent
from score_bridge.bench.pictures import SCENES, drifting, scene
from score_bridge.bench.probe import Record, serve_with_probe
from score_bridge.client import Client
from score_bridge.settings import Settings
from score_bridge.wire.messages import Latent

FPS = 30.0
CUT_SIDE = 256
SHOTS_S = (0.4, 0.6)  # how long a still is shown
SETTLE_S = 1.0  # at the beginning of a run, not counted
AFTER_S = 0.5  # listened for what is still on its way


@dataclass(frozen=True)
class Shown:
    """What the host did and got.

    small, large, shots: when each picture of a run was handed to the client, by its number; cuts: those of `shots`
    that begin a still; free_cuts: those of another such run, in which the stream played freely; latents: what was
    published.
    """

    small: Sent
    large: Sent
    shots: Sent
    cuts: Sent
    free_cuts: Sent
    latents: tuple[Latent, ...]


def show(settings: Settings, seconds: float) -> tuple[Shown, Record]:
    """Show 64 x 64 pictures, 1920 x 1080 ones, and stills of 256 x 256, each for `seconds` (the last twice that).

    Then show stills once more, to a stream that plays freely.
    """
    with serve_with_probe(settings) as record, Client.connect(record.ready["zmq"], name="bench") as client:
        host = Host(client)
        small = _run(host, 64, 64, seconds)
        large = _run(host, 1920, 1080, seconds)
        before = len(host.sent)
        cuts = dict(_cuts(host, 2 * seconds, settings.seed))
        shots = _after(host.sent, before)
        client.set("sync", "free")
        free_cuts = dict(_cuts(host, 2 * seconds, settings.seed + 1))
        host.listen(time.perf_counter() + AFTER_S)
    latents = tuple(message for _, message in host.received if isinstance(message, Latent))
    return Shown(small, large, shots, cuts, free_cuts, latents), record


def _run(host: Host, width: int, height: int, seconds: float) -> Sent:
    host.feed(drifting(width, height), FPS, SETTLE_S)
    before = len(host.sent)
    host.feed(drifting(width, height), FPS, seconds)
    return _after(host.sent, before)


def _after(sent: Sent, number: int) -> Sent:
    return {n: when for n, when in sent.items() if n > number}


def _cuts(host: Host, seconds: float, seed: int) -> Iterator[tuple[int, float]]:
    """Show stills; each begins at a time of its own, unrelated to the frame before and to the sixteenths."""
    random = np.random.default_rng(seed)
    stills = [scene(i, CUT_SIDE, CUT_SIDE)[0] for i in range(SCENES)]
    host.feed(repeat(stills[-1]), FPS, SETTLE_S)
    end = time.perf_counter() + seconds
    for still in cycle(stills):
        if time.perf_counter() >= end:
            return
        host.listen(time.perf_counter() + random.uniform(1, 2) / FPS)
        first = len(host.sent) + 1
        host.feed(repeat(still), FPS, random.uniform(*SHOTS_S))
        yield first, host.sent[first]
