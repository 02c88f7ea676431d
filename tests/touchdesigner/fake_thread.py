"""TouchDesigner's objects belong to its main thread, even to read; the fake one says so."""

import threading


def guard() -> None:
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(f"TouchDesigner was touched by the thread {threading.current_thread().name}")
