"""What holds for every test."""

from __future__ import annotations

import os
import signal

# One thread an operation: with small tensors two threads wait for each other longer than they sum, on a busy machine
# by far. Tests about threads set their number themselves.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Where the tests run in the background, Ctrl-C may be ignored from birth, and each process they start inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)
