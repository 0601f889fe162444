"""Looks whether an installation can work, and says what to do where it cannot. Changes nothing."""

from medallion.doctor.examine import examine
from medallion.doctor.finding import BAD, OK, WARN, Finding

__all__ = ["BAD", "OK", "WARN", "Finding", "examine"]
