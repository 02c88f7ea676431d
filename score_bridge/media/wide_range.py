"""High dynamic range to what screens and models expect: PQ and HLG films in BT.2020 become 8-bit BT.709."""

from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from score_bridge.vision.pixels import Rgb

PQ: Final = 16
HLG: Final = 18
"""FFmpeg's numbers of the two transfers (ITU-T H.273, table 3)."""
WHITE_NITS: Final = 203.0
"""Diffuse white of both transfers (ITU-R BT.2408)."""
HLG_PEAK_NITS: Final = 1000.0
KNEE: Final = 0.6
"""Below this part of white, light stays as it is; above, it bends so that no highlight is lost."""
GAMMA: Final = 1 / 2.4
TO_709: Final = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)
"""BT.2020 to BT.709 primaries (ITU-R BT.2087), in linear light."""
CUBE_SIDE: Final = 33


def is_wide(frame: Any) -> bool:
    """Tell whether a decoded frame is of high dynamic range."""
    return int(frame.color_trc) in (PQ, HLG)


def to_standard(codes: NDArray[np.uint16], transfer: int) -> Rgb:
    """Return (..., 3) 16-bit R'G'B' codes of a PQ or HLG picture as 8-bit R'G'B'.

    The brightest of the three decides how much a pixel is held back, so that hues stay.
    """
    light = np.maximum(_light_of_code(transfer)[codes] @ TO_709.T, 0)
    peak = np.maximum(light.max(axis=-1, keepdims=True), 1e-6)
    held = np.where(peak > KNEE, KNEE + (1 - KNEE) * (1 - np.exp(-(peak - KNEE) / (1 - KNEE))), peak)
    standard: Rgb = np.rint(255 * (light * (held / peak)) ** GAMMA).astype(np.uint8)
    return standard


def cube(transfer: int) -> str:
    """Return `to_standard` as the text of a .cube table, which FFmpeg's filter lut3d reads."""
    codes = np.rint(np.linspace(0, 65535, CUBE_SIDE)).astype(np.uint16)
    blue, green, red = np.meshgrid(codes, codes, codes, indexing="ij")
    rows = to_standard(np.stack([red, green, blue], axis=-1).reshape(-1, 3), transfer) / 255
    return f"LUT_3D_SIZE {CUBE_SIDE}\n" + "\n".join("{:.5f} {:.5f} {:.5f}".format(*row) for row in rows) + "\n"


@cache
def _light_of_code(transfer: int) -> NDArray[np.float32]:
    """Tabulate linear light, 1 = WHITE_NITS, over 16-bit codes (ITU-R BT.2100, tables 4 and 5)."""
    code = np.linspace(0.0, 1.0, 1 << 16)
    nits = _pq_nits(code) if transfer == PQ else _hlg_nits(code)
    return (nits / WHITE_NITS).astype(np.float32)


def _pq_nits(code: NDArray[np.float64]) -> NDArray[np.float64]:
    root = code ** (32 / 2523)
    nits: NDArray[np.float64] = 10_000 * (np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)) ** (
        16384 / 2610
    )
    return nits


def _hlg_nits(code: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    nits: NDArray[np.float64] = HLG_PEAK_NITS * scene**1.2
    return nits
