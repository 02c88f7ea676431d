"""In which precision training multiplies: bfloat16 where the device is made for it, which is most of its time."""

import torch


def half_precision(device: torch.device) -> torch.autocast:
    """Return the context in which matrices are multiplied in bfloat16, where that is faster.

    A processor without instructions for it takes twenty times as long as in single precision.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=multiplies_bfloat16(device))


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether the device has instructions for bfloat16; every GPU counts as such."""
    if device.type != "cpu":
        return True
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
