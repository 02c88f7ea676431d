"""From a published MusicVAE checkpoint to a melody model of ours: the decoder, and where its prior puts music."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from score_bridge import __version__
from score_bridge.errors import ModelError
from score_bridge.models.melody.checkpoint import save_melody
from score_bridge.models.melody.melody_file import Posterior
from score_bridge.models.melody.musicvae import MusicVAEConfig, MusicVAEDecoder
from score_bridge.models.melody.musicvae_files import Floats, Published, read_decoder
from score_bridge.music.attributes import attributes, quantile_table
from score_bridge.music.tokens import VOCABULARY

BEGIN = "decoder/z_to_initial_state"
CELL = "decoder/multi_rnn_cell/cell_{}/lstm_cell"
OUTPUT = "decoder/output_projection"
FORGET_BIAS = 1.0
SAMPLES, SAMPLES_AT_ONCE = 2000, 250


def import_musicvae(folder: Path, out: Path, progress: Callable[[float], None] = lambda _: None) -> MusicVAEDecoder:
    """Turn the checkpoint in `folder` into weights `out` and their card; an encoder is not taken.

    progress: called with shares 0..1. Raises ModelError with one line that names what is missing or does not fit.
    """
    if out.suffix != ".safetensors":
        raise ModelError(f"weights are written as .safetensors, got {out.name!r}")
    published = read_decoder(folder)
    network = decoder_of(published.tensors)
    save_melody(out, network, prior_of(network, progress), card_of(folder.resolve().name, published))
    return network


def decoder_of(tensors: dict[str, Floats]) -> MusicVAEDecoder:
    """Build the network of a decoder's published tensors, all there and of sizes that fit; ModelError else."""
    config = _sizes(tensors)
    first = tensors[f"{CELL.format(0)}/kernel"]
    biases = [_with_forget_bias(tensors[f"{CELL.format(i)}/bias"]) for i in range(len(config.layers))]
    state = {
        "begin.weight": tensors[f"{BEGIN}/kernel"].T,
        "begin.bias": tensors[f"{BEGIN}/bias"],
        "token_gates.weight": np.pad(first[:VOCABULARY], ((0, 1), (0, 0))) + biases[0],
        "kernels.0": first[VOCABULARY:],
        "to_logits.weight": tensors[f"{OUTPUT}/kernel"].T,
        "to_logits.bias": tensors[f"{OUTPUT}/bias"],
    }
    for i in range(1, len(config.layers)):
        state |= {f"kernels.{i}": tensors[f"{CELL.format(i)}/kernel"], f"biases.{i - 1}": biases[i]}
    network = MusicVAEDecoder(config)
    network.load_state_dict({name: torch.from_numpy(np.ascontiguousarray(a)) for name, a in state.items()})
    return network.eval().requires_grad_(False)


def prior_of(network: MusicVAEDecoder, progress: Callable[[float], None] = lambda _: None) -> Posterior:
    """Stand in for the posterior, which only an encoder could give: N(0, I), which MusicVAE was trained towards.

    axes: what the decoder listens to, most first: the right singular vectors of z's way into the initial state and
    the first cell's gates. quantiles: of phrases that the decoder plays from that prior.
    """
    z = network.latent_size
    latents = torch.randn(SAMPLES, z, generator=torch.Generator().manual_seed(0))
    played = []
    with torch.inference_mode():
        for i, part in enumerate(torch.split(latents, SAMPLES_AT_ONCE)):
            played.append(network.phrases(part).numpy().astype(np.uint8))
            progress((i + 1) * SAMPLES_AT_ONCE / SAMPLES)
    return Posterior(
        mean=np.zeros(z, np.float32),
        axes=_listening_axes(network),
        std=np.ones(z, np.float32),
        rms=float(np.sqrt(z)),
        quantiles=quantile_table(attributes(np.concatenate(played))),
    )


def card_of(name: str, published: Published) -> dict[str, Any]:
    """Say on the card what was taken from where."""
    return {
        "name": name,
        "made_by": f"score-bridge import-musicvae, version {__version__}",
        "source": {"folder": name, "format": published.format, "sha256": published.sha256},
        "about": "Decoder of a published MusicVAE checkpoint; without an encoder, so nothing can be trained from it.",
        "licence": "as published with the checkpoint; not part of this project",
    }


def _listening_axes(network: MusicVAEDecoder) -> NDArray[np.float32]:
    """(Z, Z), one axis a row; signs are set by the greatest component, so that every machine finds the same."""
    paths: list[Tensor] = [network.begin.weight, network.kernels[0][: network.latent_size].T]
    latents = torch.cat(paths).double().numpy()
    _, vectors = np.linalg.eigh(latents.T @ latents)
    axes = vectors[:, ::-1].T
    greatest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], axis=1)
    return np.ascontiguousarray(axes * np.sign(greatest), np.float32)


def _with_forget_bias(bias: Floats) -> Floats:
    """Add what BasicLSTMCell adds to its forget gate, third of input, candidate, forget and output."""
    enter, candidate, forget, leave = np.split(bias, 4)
    return np.concatenate([enter, candidate, forget + np.float32(FORGET_BIAS), leave])


def _sizes(tensors: dict[str, Floats]) -> MusicVAEConfig:
    """Check that a whole decoder is there and fits together; ModelError names the tensor that does not."""
    count = max(1, len({name.rsplit("/", 1)[0] for name in tensors} - {BEGIN, OUTPUT}))
    modules = [BEGIN, *(CELL.format(i) for i in range(count)), OUTPUT]
    names = [f"{module}/{part}" for module in modules for part in ("kernel", "bias")]
    if missing := [name for name in names if name not in tensors]:
        raise ModelError(f"the checkpoint's decoder is incomplete; its manifest lacks {', '.join(missing)}")
    latent = tensors[names[0]].shape[0] if tensors[names[0]].ndim else 0
    layers = tuple(tensors[f"{CELL.format(i)}/bias"].size // 4 for i in range(count))
    outputs = tensors[f"{OUTPUT}/bias"].size
    if outputs != VOCABULARY:
        raise ModelError(f"{OUTPUT}/bias has {outputs} outputs, expected {VOCABULARY}: this is no melody checkpoint")
    config = MusicVAEConfig(latent, layers)
    for name, shape in _shapes(config).items():
        if tensors[name].shape != shape:
            raise ModelError(f"{name} has the shape {tensors[name].shape}, expected {shape}")
    return config


def _shapes(config: MusicVAEConfig) -> dict[str, tuple[int, ...]]:
    """Shapes of a decoder of these sizes, as published: a kernel is (inputs, outputs)."""
    z, layers = config.latent, config.layers
    pairs = {BEGIN: (z, 2 * sum(layers)), OUTPUT: (layers[-1], VOCABULARY)}
    for i, (inputs, size) in enumerate(zip((VOCABULARY + z, *layers[:-1]), layers, strict=True)):
        pairs[CELL.format(i)] = (inputs + size, 4 * size)
    kernels = {f"{module}/kernel": pair for module, pair in pairs.items()}
    return kernels | {f"{module}/bias": pair[1:] for module, pair in pairs.items()}
