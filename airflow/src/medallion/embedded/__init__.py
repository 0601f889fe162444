"""An Airflow of one's own: started, supervised, followed and stopped again by one command.

``environment`` says how it is configured, ``supervisor`` keeps its four processes alive from a process of
its own, ``runner`` starts and stops that supervisor, ``follow`` shows what it runs, and ``commands`` is
what a person calls.
"""

from medallion.embedded.runner import EmbeddedAirflow

__all__ = ["EmbeddedAirflow"]
