"""A supervisor of small processes, for tests: HOME, the processes' code by name as JSON, and ``--parent``."""

import json
import os
import sys
import time
from functools import partial
from pathlib import Path

from medallion.embedded.processes import MARK, Identity
from medallion.embedded.state import RunnerState
from medallion.embedded.supervisor import Component, Patience, Supervisor, supervise


def main(home, codes, parent):
    state = RunnerState(Identity.of(os.getpid()), os.environ[MARK], "http://nowhere", time.time())
    patience = Patience(restarts=2, pause=0.05, grace=(1.0,))
    supervisor = Supervisor(home, state, parent=parent, patience=patience)

    def start():
        for name, code in codes.items():
            action = partial(os.execv, sys.executable, [sys.executable, "-c", code])
            if name == "once":
                supervisor.run_once(name, action)
            elif supervisor.check():
                supervisor.start(Component(name, action))

    return supervise(supervisor, start)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), json.loads(sys.argv[2]), 0 if "--parent" in sys.argv else None))
