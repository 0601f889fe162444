"""What the process that forks a run's steps does first: what a scheduler does before it forks tasks."""

import warehouse.interrupted  # noqa: F401  (with all that the steps import)
from medallion.extract import quiet_dlt  # noqa: F401  (which a step imports when it works)
from medallion.orchestration.preload import warm_up

warm_up()
