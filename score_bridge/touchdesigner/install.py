"""Puts the component's script, its read-me and, where there is one, its .tox where TouchDesigner shows them."""

import shutil
import sys
from pathlib import Path

from score_bridge.errors import MediaError, SettingsError
from score_bridge.touchdesigner.check import check_tox
from score_bridge.touchdesigner.source import folder, read_sources

NAME = "ScoreBridge"
EMPTY = "SOURCES = {}\n"


def palette_folder(platform: str, home: Path) -> Path:
    """Return the user's palette (app.userPaletteFolder), where there is one. Raises SettingsError elsewhere."""
    if platform in ("darwin", "win32"):
        return home / "Documents" / "Derivative" / "Palette"
    raise SettingsError("TouchDesigner does not run on this machine: name a folder with --to")


def bundled_script() -> str:
    """Return build_tox.py with every source in it, so that this one file is enough."""
    script = (folder() / "build_tox.py").read_text("utf-8")
    if EMPTY not in script:
        raise SettingsError("build_tox.py has no place for its sources: install score-bridge again")
    rows = "".join(f"    {name!r}: {text!r},\n" for name, text in read_sources().items())
    return script.replace(EMPTY, "SOURCES = {\n" + rows + "}\n")


def install(to: Path | None, tox: Path | None = None) -> list[Path]:
    """Write into `to` (the palette by default) a folder ScoreBridge, and return its files.

    Raises MediaError where it cannot be written or `tox` is not a whole .tox.
    """
    home = (to or palette_folder(sys.platform, Path.home())) / NAME
    if tox is not None:
        check_tox(tox)
    try:
        home.mkdir(parents=True, exist_ok=True)
        written = [home / "build_tox.py", home / "README.md", home / "network.svg"]
        written[0].write_text(bundled_script(), "utf-8", newline="\n")
        for path in written[1:]:
            shutil.copyfile(folder() / path.name, path)
        if tox is not None:
            written.append(Path(shutil.copyfile(tox, home / f"{NAME}.tox")))
    except OSError as error:
        raise MediaError(f"cannot install into {home}: {error.strerror or error}") from None
    return written


def clicks(has_tox: bool) -> list[str]:
    """Return what remains to be done, in words."""
    if has_tox:
        return ["Open TouchDesigner's palette (Alt+L), My Components.", "Drag ScoreBridge into your network."]
    return ["Drag build_tox.py into your network.", "Right-click it: Run Script. The component appears beside it."]
