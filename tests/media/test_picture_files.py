"""Folders of pictures, numbered files and animated WebP, as films."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from score_bridge.errors import MediaError
from score_bridge.media.film import Film, readers


def write_pictures(folder: Path, names: list[str], size: tuple[int, int] = (48, 64)) -> Path:
    """Pictures in the order of `names`, each lighter than the one before."""
    folder.mkdir(exist_ok=True)
    for n, name in enumerate(names):
        cv2.imwrite(str(folder / name), np.full((*size, 3), 20 + 10 * n, np.uint8))
    return folder


def levels(film: Film) -> list[int]:
    return [round(float(frame.rgb.mean())) for frame in film.frames(side=8)]


def test_a_folder_is_read_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "shots", ["shot1.png", "shot2.png", "shot10.png", "shot11.png"])
    (folder / "notes.txt").write_text("not a picture")
    (folder / ".hidden.png").write_bytes(b"")
    film = Film.open(folder, readers(fps=10))
    assert levels(film) == [20, 30, 40, 50]
    assert [frame.time_s for frame in film.frames()] == pytest.approx([0, 0.1, 0.2, 0.3])
    assert (film.info.width, film.info.height, film.info.duration) == (64, 48, 0.4)
    assert film.broken is None


@pytest.mark.parametrize("pattern", ["f%04d.png", "f%d.png"])
def test_numbered_files_are_read_by_number(tmp_path: Path, pattern: str) -> None:
    write_pictures(tmp_path, ["f0007.png", "f0008.png", "f0012.png"])
    write_pictures(tmp_path, ["g0001.png", "f1.png.bak.png"], size=(8, 8))
    assert levels(Film.open(tmp_path / pattern)) == [20, 30, 40]


def test_a_picture_that_cannot_be_read_is_told_and_its_time_is_kept(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["f1.png", "f2.png", "f3.png"])
    (tmp_path / "f2.png").write_bytes(b"torn")
    film = Film.open(tmp_path / "f%d.png", readers(fps=10))
    assert [frame.time_s for frame in film.frames()] == pytest.approx([0, 0.2])
    assert film.broken == "f2.png cannot be read"


def test_pictures_of_other_sizes_are_brought_to_the_first(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["a1.png"])
    write_pictures(tmp_path, ["a2.png"], size=(480, 100))
    assert [frame.rgb.shape for frame in Film.open(tmp_path).frames()] == [(48, 64, 3)] * 2


def test_a_pattern_that_fits_nothing_and_pictures_of_junk_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"f%04d\.png: there are no pictures of that name"):
        Film.open(tmp_path / "f%04d.png")
    (tmp_path / "a.png").write_bytes(b"junk")
    with pytest.raises(MediaError, match="none of its 1 pictures can be read"):
        Film.open(tmp_path)


def test_animated_webp(tmp_path: Path) -> None:
    animation = cv2.Animation()
    rng = np.random.default_rng(0)
    animation.frames = [rng.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(40)]
    animation.durations = [50] * 40
    cv2.imwriteanimation(str(tmp_path / "loop.webp"), animation)
    film = Film.open(tmp_path / "loop.webp")
    assert [frame.time_s for frame in film.frames(side=16)] == pytest.approx([0.05 * n for n in range(40)])
    assert film.info.duration == pytest.approx(2.0)
    seen = [float(frame.rgb.mean()) for frame in film.frames()]
    assert seen == pytest.approx([float(picture.mean()) for picture in animation.frames], abs=3)


def test_a_still_webp_is_one_picture(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "still.webp"), np.full((48, 64, 3), 90, np.uint8))
    assert len(list(Film.open(tmp_path / "still.webp").frames())) == 1
