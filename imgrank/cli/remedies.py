"""The library says what is wrong; here its remedies get the names of options."""

from __future__ import annotations

import re

from imgrank.errors import ImgrankError

_NEW_LINE = "\n"  # no backslash may stand in an f-string before Python 3.12
_PARAMETER = re.compile(r"\{(\w+)\}")


def with_remedy(error: ImgrankError) -> str:
    """The facts, then what to do: `{skip_bad}` becomes `--skip-bad`."""
    remedy = _PARAMETER.sub(lambda found: f"--{found[1].replace('_', '-')}", error.remedy)
    return f"{error}{_NEW_LINE if _NEW_LINE in str(error) else ' '}{remedy}".rstrip()
