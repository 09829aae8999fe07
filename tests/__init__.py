"""Tests mirror the package; tests/faults and tests/attacks hold what goes wrong on purpose."""
