"""New names from a template: `{rank}-{stem}{ext}`, `{date:%Y-%m-%d} {group}{ext}`. Pure: no file access."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from string import Formatter

from imgrank.errors import UsageError

DEFAULT_TEMPLATE = "{rank}-{stem}{ext}"
FIELDS = ("rank", "score", "stem", "ext", "query", "date", "camera", "group", "group_rank")
UNDATED, NO_CAMERA = "undated", "no-camera"  # what stands for a picture that says neither
_FORBIDDEN = re.compile(r'[/\\\x00-\x1f<>:"|?*]')
_ANY_DAY = datetime(2000, 1, 1, tzinfo=timezone.utc)
_UNUSABLE = re.compile(r"[{}]|\d{4}")  # a field within a format, or a width of thousands of signs


@dataclass(frozen=True, slots=True)
class Details:
    """What a template may ask of one picture. `width` and `group_width`: of how many digits its numbers are."""

    rank: int
    score: float
    stem: str
    query: str
    width: int = 1
    date: datetime | None = None
    camera: str = ""
    group: int | None = None
    group_rank: int | None = None
    group_width: int = 1
    group_rank_width: int = 1


@dataclass(frozen=True, slots=True)
class Template:
    """A checked template of FIELDS, each with Python's format if wanted: `{score:.2f}`; a date with strftime's."""

    text: str

    def __post_init__(self) -> None:
        try:
            fields = self.fields
        except ValueError as error:
            raise UsageError(f"The template {self.text!r} cannot be read: {error}.") from error
        unknown = [field for field in fields if field not in FIELDS]
        if unknown:
            known = ", ".join(f"{{{field}}}" for field in FIELDS)
            raise UsageError(f"The template {self.text!r} uses {{{unknown[0]}}}, which does not exist; use {known}.")
        if unusable := next((form for _, form in self._formats if _UNUSABLE.search(form)), None):
            raise UsageError(
                f"The template {self.text!r} asks for the format {unusable!r}, which cannot be part of a file name."
            )
        if dateless := next((form for field, form in self._formats if field == "date" and not _is_of_date(form)), None):
            raise UsageError(
                f"The template {self.text!r} asks for the date as {dateless!r}, which is not a date format; "
                "write the year, month and day as {date:%Y-%m-%d}."
            )
        if "/" in self.text or "\\" in self.text:
            raise UsageError(
                f"The template {self.text!r} contains a slash, which a file name cannot have; "
                "name the folder separately."
            )
        if "ext" in fields and not self.text.endswith("{ext}"):
            raise UsageError(f"The template {self.text!r} must have {{ext}} at its end, so that files keep their kind.")

    @property
    def fields(self) -> tuple[str, ...]:
        """What it asks for. Raises ValueError where it cannot be read."""
        return tuple(field for _, field, _, _ in Formatter().parse(self.text) if field is not None)

    @property
    def _formats(self) -> tuple[tuple[str, str], ...]:
        """Fields with the format that each asks for."""
        return tuple((field or "", form) for _, field, form, _ in Formatter().parse(self.text) if form)

    def stem(self, of: Details) -> str:
        """The new name without its extension. Raises UsageError where a field's format or a group is not there."""
        if of.group is None and {"group", "group_rank"} & set(self.fields):
            raise UsageError(
                f"The template {self.text!r} asks for groups, and none were made.", "Use {group} to make them."
            )
        try:
            return self.text.removesuffix("{ext}").format_map(_values(of))
        except (ValueError, TypeError) as error:
            raise UsageError(f"The template {self.text!r} cannot be used: {error}.") from error


def _is_of_date(form: str) -> bool:
    """Whether every % of a format stands for a part of a date, and there is one: neither "YYYY" nor "%Q"."""
    signs = form.replace("%%", "")
    try:
        return "%" in signs and "%" not in _ANY_DAY.strftime(signs)
    except ValueError:  # Windows says so itself
        return False


def _values(of: Details) -> Mapping[str, object]:
    return {
        "rank": _number(of.rank, of.width),
        "score": _Score(of.score),
        "stem": of.stem,
        "ext": "",
        "query": _FORBIDDEN.sub("-", of.query),
        "date": _Date(of.date),
        "camera": _FORBIDDEN.sub("-", of.camera).strip(" .") or NO_CAMERA,
        "group": _number(of.group or 0, of.group_width),
        "group_rank": _number(of.group_rank or 0, of.group_rank_width),
    }


def _number(value: int, width: int) -> _Number:
    number = _Number(value)
    number.width = width
    return number


class _Number(int):
    """A number that stands zero-padded to `width` digits where the template says no format of its own."""

    width = 1

    def __format__(self, spec: str) -> str:
        return format(int(self), spec or f"0{self.width}d")


class _Score(float):
    """A score with three decimals where the template says no format of its own."""

    def __format__(self, spec: str) -> str:
        return format(float(self), spec or ".3f")


@dataclass(frozen=True, slots=True)
class _Date:
    """A date as year, month and day where the template says no format of its own, without what no name can hold."""

    date: datetime | None

    def __format__(self, spec: str) -> str:
        return UNDATED if self.date is None else _FORBIDDEN.sub("-", self.date.strftime(spec or "%Y-%m-%d"))
