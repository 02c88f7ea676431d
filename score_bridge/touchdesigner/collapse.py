"""Makes ScoreBridge.tox of the expanded tree with the `toecollapse` of the user's own TouchDesigner.

It is judged by the file that it leaves: its exit codes are reported to be inverted. Unverified with the real program.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from score_bridge.errors import MediaError, SettingsError
from score_bridge.touchdesigner.check import check_tox

PATIENCE_S = 120
MACOS = "/Applications"
WINDOWS = r"C:\Program Files"


def find_toecollapse(given: Path | None) -> Path:
    """Return the program: the one that was named, or that of the newest TouchDesigner here. Raises SettingsError."""
    programs = Path(MACOS if sys.platform == "darwin" else os.environ.get("PROGRAMFILES", WINDOWS))
    for path in [given] if given else candidates(sys.platform, programs):
        if path.is_file():
            return path
    where = f"there is none at {given}" if given else "no TouchDesigner was found on this machine"
    raise SettingsError(f"toecollapse: {where}; name it with --program (Windows: bin\\, macOS: Contents/MacOS)")


def candidates(platform: str, programs: Path) -> Iterable[Path]:
    """Return where it may be in the folder where programs are, the newest TouchDesigner first."""
    if platform == "darwin":
        return (app / "Contents" / "MacOS" / "toecollapse" for app in _newest(programs, "TouchDesigner*.app"))
    if platform == "win32":
        homes = _newest(programs / "Derivative", "TouchDesigner*")
        return (home / "bin" / "toecollapse.exe" for home in homes)
    return ()


def collapse(toc: Path, program: Path) -> Path:
    """Return the .tox that `program` makes beside `toc`. Raises MediaError where none comes of it."""
    tox = toc.with_suffix("")
    before = tox.stat().st_mtime_ns if tox.exists() else 0
    try:
        done = subprocess.run([program, toc], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MediaError(f"toecollapse did not run: {error}") from None
    if not tox.exists() or tox.stat().st_mtime_ns == before:
        printed = (done.stderr or done.stdout).strip().splitlines()
        raise MediaError(f"toecollapse made no {tox.name}" + (f": {printed[-1]}" if printed else ""))
    check_tox(tox)
    return tox


def _newest(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern), reverse=True)
