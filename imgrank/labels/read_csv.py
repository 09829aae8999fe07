"""labels.csv -> Labels: values long or wide, or pairs. Every fault is found before anything is said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence

from imgrank.counting import counted
from imgrank.errors import LabelsError
from imgrank.labels.csv_text import ANSWERS, BESIDE_PAIRS, KEPT, LONG, PAIRS, Grid, Row, read_grid
from imgrank.labels.findings import Findings, SameFault
from imgrank.labels.image_files import ImageFiles
from imgrank.labels.query_columns import Columns
from imgrank.labels.tasks import SPLITS, Labels, PairCell, ValueCell, pair_tasks, phrasings, value_tasks
from imgrank.labels.values import Values
from imgrank.paths import printable


def read_labels(
    path: str, *, skip_bad: bool = False, pictures: Collection[str] | None = None, column: Collection[str] = ()
) -> Labels:
    """Read a labels file in any of its three forms.

    Args:
        path: The file.
        skip_bad: Leave out faulty rows, and queries that are then too small, and name them in `Labels.left_out`.
        pictures: The pictures that there are; without it, the pictures must exist as files.
        column: Columns of the wide form to take for queries though they seem to name images or rows, as an id does;
            others of that kind, and those of text, are left out and named in `Labels.left_columns`.

    Raises:
        LabelsError: The file has faults; the message names each with its line. With `skip_bad`: nothing is left.
    """
    grid = read_grid(path)
    _check_columns(path, grid, column)
    findings = Findings(list(grid.faults))
    labels = _Reader(grid, findings, ImageFiles(path, pictures), frozenset(column)).read()
    findings.tell_cells()
    findings.check(path, has_tasks=bool(labels.tasks), skip_bad=skip_bad)
    notes = (*labels.notes, *map(str, findings.left), *findings.notes)
    return Labels(path, labels.values, labels.pairs, findings.sorted_faults(), notes, tuple(findings.left))


def _check_columns(path: str, grid: Grid, column: Collection[str]) -> None:
    missing = next((name for name in column if name not in grid.header), None)
    if missing is not None:
        seen = ", ".join(map(printable, grid.header))
        raise LabelsError(f'{printable(path)} has no column "{printable(missing)}"; its header is {seen}.')


class _Reader:
    """Walks over the rows of one file, in whichever form it has."""

    def __init__(self, grid: Grid, findings: Findings, images: ImageFiles, wanted: Collection[str]) -> None:
        self.grid, self.findings, self.images = grid, findings, images
        self.values = Values(grid, findings)
        self.columns = Columns(grid, findings, wanted, self.values.is_number)
        self.gone: list[tuple[int, str]] = []  # lines, and images that are not there

    def read(self) -> Labels:
        """Everything that the file says; what is wrong goes to the findings."""
        labels = self._read()
        if self.gone:
            names = dict.fromkeys(text for _, text in self.gone)
            self.findings.tell_no_images(self.gone, self.images.elsewhere(list(names)))
        return labels

    def _read(self) -> Labels:
        names = [name.casefold() for name in self.grid.header]
        for name in sorted({n for n in names if n and names.count(n) > 1}):
            self.findings.fault(1, f'two columns are called "{printable(name)}"')
        if not self.grid.rows:
            self.findings.fault(1, "there is a header and no row below it")
        if self.findings.faults and self.findings.faults[-1].line == 1:
            return Labels(self.grid.path)
        if "left" in names or "right" in names:
            return self._pairs(names)
        if "query" in names or "value" in names:
            return self._long(names)
        if "image" in names:
            self.values.without = "leave the cell empty"
            return self._wide(names)
        seen = ", ".join(printable(name) for name in self.grid.header)
        advice = self.columns.image_advice() or "; see image,query,value or left,right,query,preferred"
        self.findings.fault(1, f"the header ({seen}) has no column image{advice}")
        return Labels(self.grid.path)

    def _long(self, names: Sequence[str]) -> Labels:
        if not self._has_columns(names, LONG, KEPT):
            return Labels(self.grid.path)
        return Labels(self.grid.path, value_tasks(self._long_cells(names), self.findings.faults))

    def _long_cells(self, names: Sequence[str]) -> Iterable[ValueCell]:
        values: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for row in self.grid.rows:
            get = self._getter(row, names, told=False)
            values[get("query").casefold()].append((row.line, get("value")))
        for query, cells in values.items():
            self.values.decide_dots(query, cells)
        for row in self.grid.rows:
            get = self._getter(row, names)
            image, query = self._image(row, get("image")), self._query(row, get("query"))
            value, split = self.values.number(row, get("value"), query.casefold()), self._split(row, get("split"))
            if image is not None and query and value is not None and split is not None:
                yield ValueCell(row.line, image, query, value, split, get("group"))

    def _wide(self, names: Sequence[str]) -> Labels:
        queries = self.columns.queries(names)
        return Labels(self.grid.path, value_tasks(self._wide_cells(names, queries), self.findings.faults))

    def _wide_cells(self, names: Sequence[str], queries: Sequence[int]) -> Iterable[ValueCell]:
        for n in queries:
            lines = ((row.line, row.cells[n]) for row in self.grid.rows if n < len(row.cells))
            self.values.decide_dots(names[n], list(lines))
        for row in self.grid.rows:
            get = self._getter(row, names)
            image, split = self._image(row, get("image")), self._split(row, get("split"))
            for n in queries:
                text = row.cells[n] if n < len(row.cells) else ""
                value = self.values.number(row, text, names[n]) if text else None
                if value is not None and image is not None and split is not None:
                    yield ValueCell(row.line, image, self.grid.header[n], value, split, get("group"))

    def _pairs(self, names: Sequence[str]) -> Labels:
        if not self._has_columns(names, PAIRS, (*KEPT, *BESIDE_PAIRS)):
            return Labels(self.grid.path)
        cells = []
        for row in self.grid.rows:
            get = self._getter(row, names)
            left, right = self._image(row, get("left")), self._image(row, get("right"))
            query, split = self._query(row, get("query")), self._split(row, get("split"))
            answer = ANSWERS.get(get("preferred").casefold())
            if answer is None:
                wrong = f'preferred is "{printable(get("preferred"))}", not left, right or tie'
                said = SameFault(wrong, "answers are not left, right or tie")
                self.findings.cell(row.line, get("preferred"), said, "preferred")
            if left is not None and left == right:
                self.findings.fault(row.line, "left and right are the same image")
            elif left and right and query and split is not None and answer is not None:
                cells.append(PairCell(row.line, left, right, query, answer, split, get("group")))
        return Labels(self.grid.path, pairs=pair_tasks(cells, self.findings.faults))

    def _has_columns(self, names: Sequence[str], needed: Sequence[str], allowed: Sequence[str]) -> bool:
        missing = [name for name in needed if name not in names]
        for name in missing:
            advice = self.columns.image_advice() if name == "image" else ""
            self.findings.fault(1, f"the column {name} is missing (this form has {','.join(needed)}){advice}")
        for n, name in enumerate(names):
            if name not in (*needed, *allowed) and self.columns.counts(n):
                self.findings.fault(1, f'the column "{printable(self.grid.header[n])}" is unknown')
        return not missing

    def _getter(self, row: Row, names: Sequence[str], *, told: bool = True) -> Callable[[str], str]:
        if told and any(row.cells[len(names) :]):
            self.findings.fault(row.line, f"the row has {counted(len(row.cells), 'cell')} and the header {len(names)}")
        at = dict(zip(names, row.cells, strict=False))
        return lambda name: at.get(name, "")

    def _image(self, row: Row, text: str) -> str | None:
        if not text:
            said = SameFault("the image's path is missing", "paths of images are missing")
            self.findings.cell(row.line, text, said, "no path")
            return None
        path = self.images.find(text)
        if path is None:
            self.gone.append((row.line, text))
        return path

    def _query(self, row: Row, text: str) -> str:
        if not phrasings(text):
            said = SameFault("the query is missing", "queries are missing")
            self.findings.cell(row.line, text, said, "no query")
            return ""
        return text

    def _split(self, row: Row, text: str) -> str | None:
        split = text.casefold()
        if split and split not in SPLITS:
            known = f"not one of {', '.join(SPLITS)}"
            said = SameFault(f'the split "{printable(text)}" is {known}', f"splits are {known}", _split_meant(text))
            self.findings.cell(row.line, text, said, "split")
            return None
        return split


def _split_meant(text: str) -> str:
    """Of "Validation" and "training", how to write them."""
    meant = next((split for split in SPLITS if text.casefold().startswith(split)), "")
    return f"; write {meant} instead of {printable(text)}" if meant else ""
