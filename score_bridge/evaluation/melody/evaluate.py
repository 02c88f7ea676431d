"""Everything measured of a melody model on pieces it never saw, each figure beside its chance level or baseline."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from score_bridge.corpus.file import Corpus
from score_bridge.evaluation.melody.directions import sweep_directions
from score_bridge.evaluation.melody.latent_switching import measure_noise_response, measure_return, measure_switch
from score_bridge.evaluation.melody.latent_validity import measure_slerp, prior, seams
from score_bridge.evaluation.melody.probe import Melodies, Subject, normal
from score_bridge.evaluation.melody.told import exactly
from score_bridge.models.melody.checkpoint import MelodyModel
from score_bridge.models.melody.vae import MelodyVAE
from score_bridge.models.streaming import MelodyNetwork
from score_bridge.music.tokens import FIRST_ON, START
from score_bridge.training.melody.metrics import measure_held_out

Figures = dict[str, Any]
Progress = Callable[[float, str], None]

BATCHES = (1, 16)
COMPARED = 1024
_TIMED_STEPS = 60


@dataclass(frozen=True)
class Models:
    """The model to evaluate, another to stand beside it, and others for the frontier of accuracy and validity."""

    model: MelodyModel
    against: MelodyModel | None = None
    frontier: Sequence[MelodyModel] = ()


def evaluate_melody(
    models: Models, corpus: Corpus, *, phrases: int, seed: int, progress: Progress = lambda *_: None
) -> Figures:
    """Measure on up to `phrases` held-out phrases. `docs/melody-model.md` explains the figures."""
    progress(0.0, "counting the training pieces")
    melodies = Melodies.of(corpus, phrases, seed)
    count = 1 + (models.against is not None) + len(models.frontier)
    figures = _measure(models.model, melodies, seed, lambda part, what: progress(part / count, what))
    figures["corpus"] = _describe(corpus, melodies)
    if models.against is not None:
        other = models.against

        def beside(part: float, what: str) -> None:
            progress((1 + part) / count, f"{other.info.name}: {what}")

        figures["published"] = _measure(other, melodies, seed, beside)
    figures["frontier"] = [_point(m, melodies, seed) for m in (models.model, *models.frontier)]
    return figures


def _measure(model: MelodyModel, melodies: Melodies, seed: int, progress: Progress) -> Figures:
    subject = Subject.of(model, melodies, seed)
    parts: list[tuple[str, Callable[[], Figures]]] = [
        ("reconstruction", lambda: measure_reconstruction(model, melodies, seed)),
        ("response", lambda: {**measure_switch(subject, seed), **_trembles(measure_noise_response(subject, seed))}),
        ("returns", lambda: {**measure_return(subject)}),
        ("named directions", lambda: sweep_directions(subject, seed)),
        ("random places", lambda: prior(subject, melodies, seed)),
        ("between melodies", lambda: measure_slerp(subject, melodies)),
        ("seams", lambda: {**seams(subject, melodies, seed)}),
        ("speed", lambda: {"step_ms": {str(b): step_ms(model.network, b) for b in BATCHES}}),
    ]
    figures: Figures = {"model": model.info.identity}
    for done, (what, measure) in enumerate(parts):
        progress(done / len(parts), what)
        figures |= measure()
    return figures


def measure_reconstruction(model: MelodyModel, melodies: Melodies, seed: int) -> Figures:
    """Accuracy and the posterior; without an encoder there is nothing to reconstruct from, and all are None.

    chance: always the commonest token. active_units: axes whose posterior means vary by more than .01 (Burda et al.
    2016). mmd: between posterior samples and N(0, I), with what two draws of N(0, I) have as mmd_chance.
    """
    keys = ("teacher_forced", "sampled", "argmax", "note_f1", "kl_nats", "posterior_std", "mean_norm_rms")
    held = (melodies.phrases[..., None] == np.bincount(melodies.phrases.ravel()).argmax()).mean()
    if not isinstance(model.network, MelodyVAE):
        return {**dict.fromkeys(keys), "chance": float(held)}
    found = measure_held_out(model.network, melodies.phrases, seed)
    wanted = {key: found[key] for key in keys if key in found}
    return {**wanted, "chance": float(held), **_measure_match(model.network, melodies, seed)}


def _measure_match(network: MelodyVAE, melodies: Melodies, seed: int) -> Figures:
    """How much the posterior's samples look like the prior."""
    with torch.inference_mode():
        parts = torch.split(torch.from_numpy(melodies.many.astype(np.int64)), 256)
        encoded = [network.encode(part) for part in parts]
    mean, std = (torch.cat([e[k] for e in encoded]) for k in range(2))
    a, b, c = (normal(len(mean), network.latent_size, seed + k) for k in range(3))
    spread = (mean + std * a).std(0)
    return {
        "posterior_std": {"min": float(spread.min()), "mean": float(spread.mean()), "max": float(spread.max())},
        "active_units": int((mean.var(0) > 0.01).sum()),
        "mmd": mmd((mean + std * a)[:COMPARED], b[:COMPARED]),
        "mmd_chance": mmd(c[:COMPARED], b[:COMPARED]),
    }


def mmd(x: torch.Tensor, y: torch.Tensor) -> float:
    """Squared maximum mean discrepancy (Gretton et al. 2012) with a Gaussian kernel of the median distance."""
    both = torch.cat((x, y))
    distances = torch.cdist(both, both) ** 2
    kernel = torch.exp(-distances / distances[distances > 0].median())
    n = len(x)
    within = (kernel[:n, :n].sum() - n) / (n * (n - 1)) + (kernel[n:, n:].sum() - n) / (n * (n - 1))
    return float(within - 2 * kernel[:n, n:].mean())


def step_ms(network: MelodyNetwork, batch: int) -> float:
    """Median milliseconds of a live step of `batch` streams on one core, with a full memory."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    cache, took = network.empty_cache(batch), []
    token, memory = torch.full((batch,), START), torch.full((batch,), network.history - 1)
    condition = exactly(network, normal(batch, network.latent_size, 0))
    with torch.inference_mode():
        for n in range(_TIMED_STEPS):
            began = time.perf_counter()
            position = torch.full((batch,), network.history + n)
            logits, _, cache = network.step(token, position, condition, cache, memory)
            took.append(time.perf_counter() - began)
            token = logits.argmax(-1)
    torch.set_num_threads(threads)
    return float(np.median(took[_TIMED_STEPS // 4 :])) * 1000


def _trembles(changed: dict[str, float]) -> Figures:
    return {"noise_changed": changed, "noise_005_changed": changed["0.05"]}


def _point(model: MelodyModel, melodies: Melodies, seed: int) -> Figures:
    """One point of the frontier."""
    found = measure_reconstruction(model, melodies, seed)
    subject = Subject.of(model, melodies, seed)
    return {
        "model": model.info.identity,
        "beta": model.info.card.get("recipe", {}).get("weights", {}).get("beta"),
        "kl": found["kl_nats"],
        "teacher_forced": found["teacher_forced"],
        "sampled": found["sampled"],
        "prior_cost_ratio": prior(subject, melodies, seed)["prior_cost_ratio"],
        "slerp_cost_ratio": measure_slerp(subject, melodies)["slerp_cost_ratio"],
    }


def _describe(corpus: Corpus, melodies: Melodies) -> Figures:
    return {
        "sources": sorted({str(s) for s in corpus.sources}),
        "test_pieces": int((corpus.split == 2).sum()),
        "phrases": len(melodies.phrases),
        "notes": int((melodies.phrases >= FIRST_ON).sum()),
    }
