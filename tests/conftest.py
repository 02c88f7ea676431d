"""One thread a library: tests are many and small, and spinning threads on a busy machine cost minutes.

What servers remember goes to a folder that is removed.
And no deadline on an example: how long one takes says more of the machine than of the code.
"""

import os
import tempfile

from hypothesis import settings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

settings.register_profile("calm", deadline=None)
settings.load_profile("calm")

STATE = tempfile.TemporaryDirectory(prefix="score-bridge-tests-")
os.environ["XDG_STATE_HOME"] = STATE.name
