"""This machine as an engine: the index is built by threads, parts are scored two at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from imgrank.backbone.load import load_backbone
from imgrank.engine.contract import Making
from imgrank.engine.score_part import PartScores, Run, ScoreParts, empty_run, sorted_run
from imgrank.index.building import Built, IndexOptions, build_index
from imgrank.index.locations import Location
from imgrank.index.needs import arrow
from imgrank.index.pictures import Item
from imgrank.index.reading import KeptRows
from imgrank.parallel import blas_on_one_core
from imgrank.records import Progress

AT_ONCE = 2  # parts that are read and scored side by side
AT_ONCE_AFAR = 6  # where most of the time an object store is waited for
ROWS_A_RUN = 1 << 16


class LocalEngine:
    """Holds nothing between calls."""

    def build(
        self,
        items: Iterable[Item],
        location: Location,
        making: Making,
        progress: Callable[[Progress], None],
        note: Callable[[str], None],
    ) -> Built:
        """As `build_index`, without the local store."""
        backbone = load_backbone(making.backbone, making.device, note)
        options = IndexOptions(max_megapixels=making.max_megapixels, detail=making.detail)
        return build_index(items, location, backbone, options=options, progress=progress, note=note)

    def score(self, task: ScoreParts, parts: Sequence[KeptRows]) -> Iterator[PartScores]:
        """Each part's scores, in order; only so many are at work or wait to be fetched."""
        at_once = AT_ONCE_AFAR if any(part.location.is_url for part in parts) else AT_ONCE
        with blas_on_one_core(), ThreadPoolExecutor(at_once, thread_name_prefix="imgrank-score") as threads:
            ahead: deque[Future[PartScores]] = deque()
            try:
                for part in parts:
                    ahead.append(threads.submit(task, part))
                    if len(ahead) > at_once:
                        yield ahead.popleft().result()
                while ahead:
                    yield ahead.popleft().result()
            finally:
                threads.shutdown(wait=False, cancel_futures=True)

    def sort(self, task: ScoreParts, parts: Sequence[KeptRows]) -> tuple[list[PartScores], Iterator[Run]]:
        """Sorts in memory: some hundred bytes a picture."""
        scored = list(self.score(task, parts))
        rows = sorted_run(arrow().concat_tables([empty_run(), *(part.rows for part in scored)]))
        runs = (rows.slice(start, ROWS_A_RUN) for start in range(0, len(rows), ROWS_A_RUN))
        return [replace(part, rows=empty_run()) for part in scored], runs

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(self, *_: object) -> None:
        pass
