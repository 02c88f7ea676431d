"""A show: what was learned of the pictures, what was taught, and the models it was made with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from score_bridge.errors import ModelError
from score_bridge.mapping.anchors import UNTAUGHT, AnchorSet, add_anchor
from score_bridge.mapping.attention import attention_of
from score_bridge.mapping.calibration import Calibration, attend
from score_bridge.music.tokens import PHRASE_STEPS, VOCABULARY
from score_bridge.vision.feature_groups import Sizes
from score_bridge.wire.bindings import parse_bindings
from score_bridge.wire.controls import Controls

Floats = NDArray[np.float32]

MELODY = "melody_model"
CURES = {
    "frame_model": "start with --frame-model and the file it was made with, or calibrate the show anew",
    "feature_encoder": "install the package it was made with, or calibrate the show anew",
}
"""The models that look at pictures, by the setting or package that names them, and what to do where one differs."""


class WeightFile(NamedTuple):
    """A file of weights: the model's name, and the sha256 of the file, empty where it is not known."""

    name: str
    sha256: str = ""

    def __str__(self) -> str:
        """Name the model and the beginning of its hash."""
        return f"{self.name} {self.sha256[:8]}".strip()


WeightFiles = Mapping[str, WeightFile]


@dataclass(frozen=True)
class Show:
    """A stream's calibration and anchors (without what undoing goes back to); its bindings, and its controls with the
    tempo ("name value"), as texts.

    encoder: what looked at the pictures; weights: the files of all models, by MELODY and the keys of CURES; sizes:
    the groups of a picture vector, of a host's own none or one called so.
    """

    calibration: Calibration
    taught: AnchorSet
    bindings: tuple[str, ...]
    encoder: str
    weights: WeightFiles
    sizes: Sizes = field(default=())
    controls: tuple[str, ...] = ()

    @property
    def of_host(self) -> bool:
        """Whether its pictures are a host's own vectors, which no model here looks at."""
        return all(name == "host" for name, _ in self.sizes)


def check_models(where: object, show: Show, encoder: str, weights: WeightFiles) -> Iterator[str]:
    """Yield warnings where a show does not know which models it was made with; `where` names its file.

    Raises ModelError if it was made with another encoder or other weights that look at pictures, or was taught with
    another melody model what no phrase is kept of; see `melody_differs`.
    """
    if show.encoder != encoder:
        raise ModelError(f"the show file {where} was made with encoder {show.encoder!r}, this is {encoder!r}")
    for role, cure in CURES.items():
        made, used = show.weights.get(role), weights.get(role)
        if used is None or show.of_host:
            continue
        if made is None or not made.sha256:
            yield f"the show file {where} does not say with which {role} it was made: this is {used}"
        elif made.sha256 != used.sha256:
            raise ModelError(f"the show file {where} was made with {role} {made}, this is {used}: {cure}")
    lost = [anchor.name for anchor in show.taught.anchors if not anchor.phrase]
    if lost and melody_differs(show, weights):
        made, used = show.weights[MELODY], weights[MELODY]
        cure = f"start with --melody-model and that file, or teach {', '.join(map(repr, lost[:3]))} anew"
        raise ModelError(f"the show file {where} was taught with {MELODY} {made}, this is {used}: {cure}")


def melody_differs(show: Show, weights: WeightFiles) -> bool:
    """Return whether the anchors' latents belong to another melody model."""
    made, used = show.weights.get(MELODY), weights.get(MELODY)
    if made is None or used is None:
        return made is not used
    return made.sha256 != used.sha256 if made.sha256 else made.name not in (used.name, str(used))


def frozen_calibration(show: Show, sizes: Sizes, controls: Controls) -> Calibration:
    """Look at what a show learned as `controls` attend to it, and freeze. ModelError for pictures of other groups."""
    size = sum(size for _, size in sizes)
    if len(show.calibration.mean) != size:
        raise ModelError(f"the show is for pictures of {len(show.calibration.mean)} features, these have {size}")
    known = attend(show.calibration, attention_of(sizes, controls), 0.0)
    return replace(known, before=known.basis, frozen=True)


def check_numbers(show: Show) -> Show:
    """Return the show as it may be used. ValueError, PeerError or SettingsError where it holds what cannot be."""
    c, basis = show.calibration, show.calibration.basis
    size, kept, used = len(c.mean), len(c.axes), len(basis.axes)
    wanted: dict[str, tuple[Floats, tuple[int, ...]]] = {
        "mean": (c.mean, (size,)), "last": (c.last, (size,)), "jitter": (c.jitter, (size,)),
        "axes": (c.axes, (kept, size)), "scatter": (c.scatter, (kept,)),
        "basis.mean": (basis.mean, (size,)), "basis.weights": (basis.attention.weights, (size,)),
        "basis.axes": (basis.axes, (used, size)), "basis.variances": (basis.variances, (used,)),
    }  # fmt: skip
    for name, (value, shape) in wanted.items():
        if value.shape != shape or value.dtype != np.float32 or not np.isfinite(value).all():
            raise ValueError(f"{name} is not {shape} of finite numbers")
    for name in ("scatter", "jitter", "basis.variances", "basis.weights"):
        if (wanted[name][0] < 0).any():
            raise ValueError(f"{name} holds numbers below 0")
    numbers = (c.residual, c.pictures, c.next_refresh, basis.total, basis.floor, basis.attention.floor)
    if not (c.count >= 1 and all(0 <= number <= 1e300 for number in numbers)):
        raise ValueError("it holds counts or variances that cannot be")
    if show.sizes and sum(n for _, n in show.sizes) != size:
        raise ValueError(f"its groups do not make up a vector of {size}")
    parse_bindings(show.bindings)
    return replace(show, taught=_checked(show.taught, size))


def _checked(taught: AnchorSet, size: int) -> AnchorSet:
    known = UNTAUGHT
    for anchor in taught.anchors:
        if anchor.features.shape != (size,) or anchor.place.ndim != 1 or anchor.latent.ndim != 1:
            raise ValueError(f"{anchor.name!r:.80} is not a picture of {size} numbers and a place")
        if len(anchor.phrase) not in (0, PHRASE_STEPS) or not all(0 <= t < VOCABULARY for t in anchor.phrase):
            raise ValueError(f"{anchor.name!r:.80} holds no phrase of {PHRASE_STEPS} tokens")
        known = add_anchor(known, anchor)
    return AnchorSet(known.anchors)
