"""From picture to latent, from cut to note, and how late notes are: defined here, on records of a server's own
processes. Pure. `sent` are the times at which pictures were handed to the client, by number; all times are seconds
on the machine's clock.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from score_bridge.bench.host import Sent
from score_bridge.bench.probe import Record
from score_bridge.bench.statistics import covered_time
from score_bridge.wire.messages import LEAD, Latent, Note


def way(sent: Sent, record: Record) -> list[float]:
    """Return, for each picture, the seconds from its being handed to the client to its latent, all included.

    From just before `Client.send_frame` to the moment the engine's state follows the picture's features: a step
    decided now would play it. Pictures that newer ones replaced on the way have no latent and no part in this.
    """
    return [o.finished - sent[o.seq] for o in record.seen if o.seq in sent]


def quick_way(sent: Sent, record: Record) -> list[float]:
    """Return the same for what is found at once (layout, colour, motion): until the latent follows that."""
    return [o.finished - sent[o.seq] for o in record.quick if o.seq in sent]


def overhead(sent: Sent, record: Record) -> list[float]:
    """Return, for each picture, the seconds beyond the models: its `way`, less the time in which a model worked.

    That is the time in which the encoder was on this very picture, or the decoder on a step (which the engine lets go
    first). Packing, sending, the bridge, receiving, unpacking, downscaling, descriptors, waiting for anything else,
    thread hand-over, calibration and smoothing are all counted.
    """
    return [
        o.finished - sent[o.seq] - covered_time([encode, *record.decodes], sent[o.seq], o.finished)
        for o, encode in zip(record.seen, record.encodes, strict=False)
        if o.seq in sent
    ]


def models(record: Record) -> dict[str, list[float]]:
    """Return the models' own seconds: the encoder's for each picture, the decoder's for each step."""
    spans = {"encode": record.encodes, "decode": record.decodes}
    return {name: [end - begin for begin, end in found] for name, found in spans.items()}


def cut_to_note(cuts: Sent, record: Record, lead: float) -> list[float]:
    """Return, for each cut, the seconds until a note can follow it, without the wait for the sixteenth.

    (its latent is ready - its first picture is handed to the client) + (a step is due - it is decided, `lead`):
    how long before a sixteenth a cut must come to be answered in it. A cut at any time is answered that much later
    plus the wait for the grid, 0 to one sixteenth. The models' own time is counted. A cut whose first picture
    was replaced by a newer one on the way is ready with the next picture's features.
    """
    return [ready - sent + lead for sent, ready in _ready(cuts, record)]


def free_cut_to_note(cuts: Sent, record: Record) -> list[float]:
    """Return, for each cut, the seconds until a note of the lead that it struck was sent, all included.

    From just before `Client.send_frame` to the player's time after sending. For a stream that plays freely; a cut
    that struck nothing has no part in this.
    """
    begun = {e.id: e.time for e in record.played if e.on}
    played = ((s.due, e) for s in record.steps if s.struck for e in s.events)
    notes = ((asked, e) for asked, e in played if isinstance(e, Note) and e.voice == LEAD)
    struck = sorted((begun[note.id], asked) for asked, note in notes if note.id in begun)
    times = sorted(cuts.values())
    spans = zip(times, [*times[1:], math.inf], strict=True)
    answers = ((cut, next((t for t, asked in struck if cut <= asked < end), None)) for cut, end in spans)
    return [note - cut for cut, note in answers if note is not None]


def count_prompt_cuts(cuts: Sent, latents: Sequence[Latent], record: Record, lead: float) -> int:
    """Return how many cuts were in the first sixteenth that they could be in, as a subscriber sees it.

    Could: it was due more than `lead` (and 1 ms, the bridge's timer) after the cut's features were ready. Were: by
    then the published latent had gone most of the way from the still before, two steps earlier (one decided late may
    have caught it already), to where it stood a step later.
    """
    values = {latent.step: np.asarray(latent.values) for latent in latents}
    count = 0
    for _, ready in _ready(cuts, record):
        n = min((s.n for s in record.steps if s.due - lead - 0.001 >= ready), default=-1)
        if {n - 2, n, n + 1} <= values.keys():
            left, all_ = (float(np.linalg.norm(values[n + 1] - values[k])) for k in (n, n - 2))
            count += left < 0.5 * all_
    return count


def lateness(record: Record, *runs: Sent) -> list[float]:
    """Return how late each note's begin and end was sent during these runs: the player's time after sending it (to
    MIDI, OSC and subscribers) less its due time.
    """
    spans = [(min(run.values()), max(run.values())) for run in runs]
    return [e.lateness for e in record.played if any(begin <= e.time <= end for begin, end in spans)]


def _ready(cuts: Sent, record: Record) -> Iterator[tuple[float, float]]:
    """When each cut was sent, and when features of it or a later picture were followed."""
    for seq, sent in cuts.items():
        ready = next((o.finished for o in record.seen if o.seq >= seq), None)
        if ready is not None:
            yield sent, ready
