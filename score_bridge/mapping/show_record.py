"""A show as tensors and a card: what the show file holds, checked as it is read."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from score_bridge.mapping.anchors import UNTAUGHT, Anchor, AnchorSet, add_anchor
from score_bridge.mapping.attention import Attention
from score_bridge.mapping.calibration import Basis, Calibration
from score_bridge.vision.feature_groups import Sizes
from score_bridge.wire.bindings import parse_bindings

Floats = NDArray[np.float32]
Tensors = dict[str, Floats]

Number = Annotated[float, Meta(ge=0, le=1e300)]
_LEARNED = ("mean", "axes", "scatter", "last", "jitter")
_BASIS = ("mean", "axes", "variances")


@dataclass(frozen=True)
class Show:
    """A stream's calibration and anchors (without what undoing goes back to) and bindings, as texts.

    encoder: what looked at the pictures; weights: the melody model's name; sizes: the groups of a picture vector,
    none of a host's own.
    """

    calibration: Calibration
    taught: AnchorSet
    bindings: tuple[str, ...]
    encoder: str
    weights: str
    sizes: Sizes


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is no tensor in a show: names, and the numbers of its calibration."""

    encoder: str
    weights: str
    sizes: tuple[tuple[str, Annotated[int, Meta(ge=1)]], ...]
    bindings: tuple[str, ...]
    names: tuple[str, ...]
    sources: tuple[Annotated[str, Meta(max_length=200)], ...]
    frozen: bool
    count: Annotated[float, Meta(ge=1, le=1e300)]
    residual: Number
    pictures: Number
    next_refresh: Number
    total: Number
    floor: Number
    least: Number


def card_of(show: Show) -> Card:
    """Make the card of a show."""
    c, anchors = show.calibration, show.taught.anchors
    return Card(
        show.encoder, show.weights, show.sizes, show.bindings, tuple(a.name for a in anchors),
        tuple(a.source for a in anchors), c.frozen, c.count, c.residual, c.pictures, c.next_refresh,
        c.basis.total, c.basis.floor, c.basis.attention.floor,
    )  # fmt: skip


def tensors_of(show: Show) -> Tensors:
    """Make the tensors of a show."""
    c, anchors = show.calibration, show.taught.anchors
    tensors = {name: getattr(c, name) for name in _LEARNED}
    tensors |= {f"basis.{name}": getattr(c.basis, name) for name in _BASIS}
    tensors["basis.weights"] = c.basis.attention.weights
    if anchors:
        tensors["anchors.features"] = np.stack([a.features for a in anchors])
        tensors["anchors.latents"] = np.stack([a.latent for a in anchors])
    return {name: np.ascontiguousarray(value, np.float32) for name, value in tensors.items()}


def show_of(about: Card, tensors: Tensors) -> Show:
    """Make a show of its card and tensors. ValueError, LookupError, PeerError or SettingsError if they do not fit."""
    _check_numbers(about, tensors)
    basis = Basis(
        **{name: tensors[f"basis.{name}"] for name in _BASIS}, total=about.total, floor=about.floor,
        attention=Attention(tensors["basis.weights"], about.least),
    )  # fmt: skip
    calibration = Calibration(
        **{name: tensors[name] for name in _LEARNED}, count=about.count, residual=about.residual, basis=basis,
        before=basis, changed=0.0, pictures=about.pictures, next_refresh=about.next_refresh, frozen=about.frozen,
    )  # fmt: skip
    parse_bindings(about.bindings)
    return Show(calibration, _taught(about, tensors), about.bindings, about.encoder, about.weights, about.sizes)


def _taught(about: Card, tensors: Tensors) -> AnchorSet:
    known = UNTAUGHT
    if about.names:
        rows = tensors["anchors.features"], tensors["anchors.latents"]
        for name, source, features, latent in zip(about.names, about.sources, *rows, strict=True):
            known = add_anchor(known, Anchor(name, features, latent, source))
    return AnchorSet(known.anchors)


def _check_numbers(about: Card, tensors: Tensors) -> None:
    """Raise ValueError or LookupError unless every tensor is there, finite, and of the size the others ask for."""
    size, kept, used = len(tensors["mean"]), len(tensors["axes"]), len(tensors["basis.axes"])
    shapes: dict[str, tuple[int, ...]] = {
        "mean": (size,), "last": (size,), "jitter": (size,), "axes": (kept, size), "scatter": (kept,),
        "basis.mean": (size,), "basis.weights": (size,), "basis.axes": (used, size), "basis.variances": (used,),
    }  # fmt: skip
    if about.names:
        shapes["anchors.features"] = (len(about.names), size)
        shapes["anchors.latents"] = (len(about.names), tensors["anchors.latents"].shape[-1])
    for name, shape in shapes.items():
        value = tensors[name]
        if value.shape != shape or value.dtype != np.float32 or not np.isfinite(value).all():
            raise ValueError(f"{name} is not {shape} of finite numbers")
    for name in ("scatter", "jitter", "basis.variances", "basis.weights"):
        if (tensors[name] < 0).any():
            raise ValueError(f"{name} holds numbers below 0")
    if about.sizes and sum(n for _, n in about.sizes) != size:
        raise ValueError(f"its groups do not make up a vector of {size}")
