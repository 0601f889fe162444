"""A clock that can be set, for processes that a test starts."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

_SOURCE = Path(__file__).with_suffix(".c")


class ShiftedClock:
    """Says the system's time and some hours, to every process that has :attr:`environment`."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "shift"
        self.set(0)
        self.environment = {}
        if compiler := shutil.which("cc"):
            library = folder / "shifted_clock.so"
            subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, _SOURCE], check=True)
            self.environment = {"LD_PRELOAD": str(library), "SHIFTED_CLOCK": str(self._file)}

    def set(self, hours: float) -> None:
        """Put the clock so many hours ahead of the system's."""
        if not self._file.exists():
            self._file.write_bytes(bytes(8))
        with self._file.open("r+b") as file:
            file.write(struct.pack("q", round(hours * 3600)))

    def jump(self, hours: float) -> None:
        """Set it; skips the test where there is no compiler to make such a clock with."""
        if not self.environment:
            pytest.skip("there is no C compiler here: apt-get install gcc")
        self.set(hours)
