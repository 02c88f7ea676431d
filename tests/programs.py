"""Tests with foreign programs: `make test-hosts` runs them; each is skipped by name where its program is absent."""

import shutil
from collections.abc import Callable
from typing import Any

import pytest


def needs(*programs: str) -> Callable[[Any], Any]:
    """Mark a test that runs these programs."""
    absent = [program for program in programs if shutil.which(program) is None]
    skip = pytest.mark.skipif(bool(absent), reason=f"{', '.join(absent)} is absent")
    return lambda test: pytest.mark.hosts(skip(test))
