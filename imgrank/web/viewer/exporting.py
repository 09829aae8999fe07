"""A list of chosen pictures for other programs: paths, CSV or JSON, as `sort` writes them."""

from __future__ import annotations

import io
import sys
from collections.abc import Collection

from imgrank.choices import Format
from imgrank.errors import UsageError
from imgrank.output.write import write
from imgrank.records import Ranking
from imgrank.web.viewer.asking import Order

FORMS = {"paths": "text/plain", "csv": "text/csv", "json": "application/json"}


def exported(order: Order, ranking: Ranking, numbers: Collection[int], form: str) -> bytes:
    """The pictures of these numbers, in order. Raises UsageError where there is no such form."""
    if form not in FORMS:
        raise UsageError(f"There is no such list; there are {', '.join(FORMS)}.")
    wanted = set(numbers)
    images = [image for number, image in zip(order.numbers, order.images, strict=True) if number in wanted]
    into = io.StringIO(newline="")
    write(ranking, images, Format(form), into)
    return into.getvalue().encode("utf-8", sys.getfilesystemencodeerrors())
