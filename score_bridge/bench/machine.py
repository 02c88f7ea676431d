"""What is measured on: the machine in words, and the memory of its processes. Nothing but the standard library."""

import contextlib
import importlib
import os
import platform
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

MIB = 1024 * 1024


def machine() -> dict[str, Any]:
    """Return the processor, the cores this process may use, Python, PyTorch and the operating system."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cpu": _cpu(),
        "cores": cores,
        "python": platform.python_version(),
        "torch": version("torch"),
        "system": f"{platform.system()} {platform.release()}",
    }


def _cpu() -> str:
    """The processor's name; or the machine's type where the system does not name it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def resident_mib(pids: Iterable[int]) -> float:
    """Return the resident memory of these processes together, in MiB.

    Read from /proc where there is one, else by psutil. LookupError, with the reason, where neither can be had.
    """
    return sum(_resident(pid) for pid in pids) / MIB


def _resident(pid: int) -> int:
    if sys.platform == "linux":
        try:
            pages = Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]
        except OSError as error:
            raise LookupError(f"process {pid}: {error.strerror}") from None
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    try:
        psutil = importlib.import_module("psutil")
        return int(psutil.Process(pid).memory_info().rss)
    except ImportError:
        raise LookupError("memory is read by psutil here, which is not installed: pip install psutil") from None
    except psutil.Error as error:
        raise LookupError(str(error)) from None
