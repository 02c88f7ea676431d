"""From picture to latent and from cut to note: one probed server, one host, three runs of pictures after another.

All figures come from records of the server's own processes; the definitions are those of `overhead`, `cut_to_note`
and `lateness`. The latents that subscribers get confirm what the records say of cuts.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

import numpy as np

from score_bridge.bench.host import Host
from score_bridge.bench.pictures import SCENES, drifting, scene
from score_bridge.bench.probe import Record, Span, probed
from score_bridge.bench.statistics import covered
from score_bridge.client import Client
from score_bridge.settings import Settings
from score_bridge.wire import messages as m

FPS = 30.0
CUT_SIDE = 256
SHOTS_S = (0.4, 0.6)  # how long a scene is shown
SETTLE_S = 1.0  # at the beginning of a run, not counted
NEAR_S = 0.5  # longer than any picture's way
Sent = dict[int, float]


@dataclass(frozen=True)
class Shown:
    """What the host did and got.

    small, large, shots: when each picture of a run was handed to the client, by its number; cuts: those of `shots`
    that begin a scene; latents: what was published.
    """

    small: Sent
    large: Sent
    shots: Sent
    cuts: Sent
    latents: tuple[m.Latent, ...]


def play(settings: Settings, seconds: float) -> tuple[Shown, Record]:
    """Show small pictures, large ones and scenes with cuts, each for `seconds` (the last twice that)."""
    with probed(settings) as record, Client.connect(record.ready["zmq"], name="bench") as client:
        host = Host(client)
        small = _run(host, 64, 64, seconds)
        large = _run(host, 1920, 1080, seconds)
        before = len(host.sent)
        cuts = dict(_cuts(host, 2 * seconds, settings.seed))
        host.listen(time.perf_counter() + NEAR_S)
        latents = tuple(message for _, message in host.heard if isinstance(message, m.Latent))
        return Shown(small, large, _after(host.sent, before), cuts, latents), record


def way(sent: Sent, record: Record) -> list[float]:
    """Return, for each picture, the seconds from its being handed to the client to its latent, all included.

    From just before `Client.send_frame` to the moment the engine's state follows the picture's features: a step
    decided now would play it. Pictures that newer ones replaced on the way have no latent and no part in this.
    """
    return [o.finished - sent[o.seq] for o in record.seen if o.seq in sent]


def overhead(sent: Sent, record: Record) -> list[float]:
    """Return, for each picture, the seconds beyond the models: its `way`, less the time in which a model worked.

    That is the time in which the encoder was on this very picture, or the decoder on a step (which the engine lets go
    first). Packing, sending, the bridge, receiving, unpacking, downscaling, descriptors, waiting for anything else,
    thread hand-over, calibration and smoothing are all counted.
    """
    return [
        o.finished - sent[o.seq] - covered([encode, *_near(record.decodes, o.finished)], sent[o.seq], o.finished)
        for o, encode in zip(record.seen, record.encodes, strict=False)
        if o.seq in sent
    ]


def models(record: Record) -> dict[str, list[float]]:
    """Return the models' own seconds: the encoder's for each picture, the decoder's for each step."""
    spans = {"encode": record.encodes, "decode": record.decodes}
    return {name: [end - begin for begin, end in found] for name, found in spans.items()}


def cut_to_note(cuts: Sent, record: Record, lead: float) -> list[float]:
    """Return, for each cut, the seconds to the note that has heard it, without the wait for the sixteenth.

    (its latent is ready - its first picture is handed to the client) + (a step is due - it is decided, `lead`):
    how long before a sixteenth a cut must come to be heard in it. A cut that comes at any time is heard that much
    later plus the wait for the grid, 0 to one sixteenth. The models' own time is counted. A cut whose first picture
    was replaced by a newer one on the way is ready with the next picture's features.
    """
    return [ready - sent + lead for sent, ready in _ready(cuts, record)]


def heard_at_once(shown: Shown, record: Record, lead: float) -> int:
    """Return how many cuts were in the first sixteenth that they could be in, as a subscriber sees it.

    Could: it was due more than `lead` (and 1 ms, the bridge's timer) after the cut's features were ready. Were: by
    then the published latent had gone most of the way from the scene before to where it stood two steps later.
    """
    values = {latent.step: np.asarray(latent.values) for latent in shown.latents}
    count = 0
    for _, ready in _ready(shown.cuts, record):
        n = min((s.n for s in record.steps if s.due - lead - 0.001 >= ready), default=-1)
        if {n - 1, n, n + 2} <= values.keys():
            left, way = (float(np.linalg.norm(values[n + 2] - values[k])) for k in (n, n - 1))
            count += left < 0.5 * way
    return count


def lateness(record: Record, *runs: Sent) -> list[float]:
    """Return how late each note's begin and end was sent during these runs: the player's time after sending it (to
    MIDI, OSC and subscribers) less its due time.
    """
    spans = [(min(run.values()), max(run.values())) for run in runs]
    return [e.lateness for e in record.played if any(begin <= e.time <= end for begin, end in spans)]


def _near(spans: list[Span], end: float) -> list[Span]:
    """Those spans that end shortly before `end`, or contain it."""
    return [span for span in spans if end - NEAR_S < span[1] and span[0] < end]


def _ready(cuts: Sent, record: Record) -> Iterator[tuple[float, float]]:
    """When each cut was sent, and when features of it or a later picture were heard."""
    for seq, sent in cuts.items():
        ready = next((o.finished for o in record.seen if o.seq >= seq), None)
        if ready is not None:
            yield sent, ready


def _run(host: Host, width: int, height: int, seconds: float) -> Sent:
    host.feed(drifting(width, height), FPS, SETTLE_S)
    before = len(host.sent)
    host.feed(drifting(width, height), FPS, seconds)
    return _after(host.sent, before)


def _after(sent: Sent, number: int) -> Sent:
    return {n: when for n, when in sent.items() if n > number}


def _cuts(host: Host, seconds: float, seed: int) -> Iterator[tuple[int, float]]:
    """Show scenes; each begins at a time of its own, unrelated to the frame before and to the sixteenths."""
    random = np.random.default_rng(seed)
    scenes = [scene(i, CUT_SIDE, CUT_SIDE) for i in range(SCENES)]
    end = time.perf_counter() + seconds
    host.feed(scenes[-1], FPS, SETTLE_S)
    for shown in cycle(scenes):
        if time.perf_counter() >= end:
            return
        host.listen(time.perf_counter() + random.uniform(1, 2) / FPS)
        first = len(host.sent) + 1
        host.feed(cycle(shown), FPS, random.uniform(*SHOTS_S))
        yield first, host.sent[first]
