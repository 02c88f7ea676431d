"""Commands that make weights from others' and graphs from weights; all of them run PyTorch."""

from pathlib import Path

import torch

from score_bridge.cli.progress_bar import bar, console
from score_bridge.models.graphs import graphs_beside
from score_bridge.models.melody.checkpoint import load_melody, trainable
from score_bridge.models.melody.melody_file import shipped_melody
from score_bridge.models.melody.musicvae_import import import_musicvae
from score_bridge.models.picture.feature_file import FEATURES_FILE, LABELS_FILE
from score_bridge.models.picture.frame_checkpoint import load_frames
from score_bridge.models.picture.frame_file import FORMAT as FRAMES
from score_bridge.models.picture.frame_file import shipped_frames
from score_bridge.models.picture.published_features import convert_features, packaged_weights
from score_bridge.models.weight_files import named_format, shipped_weights

CPU = torch.device("cpu")


def import_command(checkpoint: Path, out: Path | None) -> None:
    """Import a published MusicVAE's decoder, into the current folder unless `out` names a path."""
    folder = checkpoint.resolve()
    path = out or Path(f"{folder.name}.safetensors")
    with bar("finding where its melodies lie") as show:
        sizes = import_musicvae(folder, path, lambda part: show(part, "finding where its melodies lie")).config
    layers = " + ".join(map(str, sizes.layers))
    console.print(f"imported a decoder with latents of {sizes.latent} and LSTM layers of {layers}", highlight=False)
    console.print("an encoder is not taken, so nothing can be trained from it; its licence is the checkpoint's")
    console.print(f"written with its card; play it with --melody-model {path}", soft_wrap=True, highlight=False)


def import_features_command(source: Path | None, folder: Path) -> None:
    """Convert published weights of the picture encoder, by default the package's, into `folder`."""
    convert_features(source or packaged_weights(), folder)
    console.print(f"written features.safetensors and {LABELS_FILE} to {folder}", soft_wrap=True, highlight=False)


def export_command(weights: Path | None) -> None:
    """Write graphs beside weights, or all shipped ones beside the shipped weights."""
    from score_bridge.models import export

    paths = [weights] if weights else [shipped_melody(), shipped_frames()]
    with bar("exporting") as show:
        for done, path in enumerate(paths):
            show(done / (len(paths) + 1), f"exporting {path.name}")
            if named_format(path) == FRAMES.name:
                export.export_frames(load_frames(path, CPU).network.config, graphs_beside(path))
            else:
                export.export_melody(trainable(load_melody(path, CPU)).config, graphs_beside(path))
        if weights is None:
            export.export_features(graphs_beside(shipped_weights() / FEATURES_FILE))
    for path in paths:
        console.print(f"written {graphs_beside(path)}", soft_wrap=True, highlight=False)
