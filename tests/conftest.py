"""What holds for every test."""

from __future__ import annotations

import signal

# Where the tests run in the background, Ctrl-C may be ignored from birth, and each process they start inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)
