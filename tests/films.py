"""Films made by tests: a few scenes of coloured, moving noise."""

from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray


def scene(number: int, frame: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture of scene `number`: its own colour and texture, getting slowly lighter and darker."""
    rng = np.random.default_rng(number)
    base = rng.integers(0, 240, (8, 8, 3)) + 8 * np.sin(frame / 8)
    tiled = np.kron(base, np.ones((size[0] // 8 + 1, size[1] // 8 + 1, 1))).clip(0, 255)
    return tiled[: size[0], : size[1]].astype(np.uint8)


def make_film(
    path: Path, scenes: tuple[int, ...], seconds_each: float = 1.0, fps: int = 20, size: tuple[int, int] = (96, 128)
) -> Path:
    """Write an H.264 film that shows each scene for `seconds_each`."""
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("libx264", rate=fps, options={"bf": "0"})
        video.height, video.width = size
        for i in range(int(len(scenes) * seconds_each * fps)):
            picture = scene(scenes[int(i / fps / seconds_each)], i, size)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(video.encode(None))
    return path
