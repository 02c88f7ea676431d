"""Two optimisers as one: Muon for the layers' matrices, AdamW for everything else."""

from torch.optim import AdamW, Muon, Optimizer

from score_bridge.models.melody.vae import MelodyVAE
from score_bridge.training.precision import multiplies_bfloat16


def optimizers(network: MelodyVAE, learning_rate: float) -> tuple[Optimizer, ...]:
    """Muon (Jordan et al. 2024) turns each matrix as a whole; on this model it learns more a step than AdamW alone.

    `learning_rate` is AdamW's; Muon's is four times as large, its updates scaled to the RMS of AdamW's. Muon works in
    bfloat16: on a processor that is not made for it, where a step would be mostly that, AdamW does all.
    """
    if not multiplies_bfloat16(network.place.device):
        learning = [p for p in network.parameters() if p.requires_grad]
        return (AdamW(learning, learning_rate, betas=(0.9, 0.98), weight_decay=0.01),)
    layers = (*network.encoder.parameters(), *network.decoder.parameters())
    matrices = [p for p in layers if p.dim() == 2 and p.requires_grad]
    taken = {id(p) for p in matrices}
    others = [p for p in network.parameters() if id(p) not in taken and p.requires_grad]
    return (
        Muon(matrices, 4 * learning_rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        AdamW(others, learning_rate, betas=(0.9, 0.98), weight_decay=0.01),
    )


def set_share(both: tuple[Optimizer, ...], share: float) -> None:
    """Scale every learning rate to `share` of its first value."""
    for optimizer in both:
        for group in optimizer.param_groups:
            group["lr"] = group.setdefault("initial_lr", group["lr"]) * share
