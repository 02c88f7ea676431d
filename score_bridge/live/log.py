"""Where a server's processes log: each line with its time and level, on the terminal and perhaps into one file."""

import logging
from dataclasses import dataclass
from logging.handlers import WatchedFileHandler

from score_bridge.errors import SettingsError

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@dataclass(frozen=True, slots=True)
class LogTo:
    """From which level on, and into which file; empty is none. Every process appends whole lines to it."""

    level: int = logging.WARNING
    file: str = ""


def start_log(log: LogTo) -> None:
    """Let this process log so. Raises SettingsError for a file that cannot be written."""
    logging.basicConfig(level=log.level, format=LOG_FORMAT)
    if not log.file:
        return
    try:
        handler = WatchedFileHandler(log.file, encoding="utf-8")  # a file that was moved away is begun anew
    except OSError as error:
        raise SettingsError(f"cannot write --log-file {log.file}: {error.strerror or error}") from None
    handler.setFormatter(logging.Formatter(LOG_FORMAT))
    logging.getLogger().addHandler(handler)


def current_log() -> LogTo:
    """Return how this process logs, for a child."""
    root = logging.getLogger()
    files = (handler.baseFilename for handler in root.handlers if isinstance(handler, WatchedFileHandler))
    return LogTo(root.getEffectiveLevel(), next(files, ""))
