"""Looks whether an installation can work, and says what to do where it cannot. Changes nothing."""

from medallion.doctor.examine import examine, examine_before
from medallion.doctor.finding import BAD, OK, WARN, Finding
from medallion.doctor.steps import Step

__all__ = ["BAD", "OK", "WARN", "Finding", "Step", "examine", "examine_before"]
