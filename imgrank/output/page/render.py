"""A ranking as pieces of HTML. Whatever came from outside (names, sentence, reasons) is escaped text, never markup."""

from __future__ import annotations

import math
import os
import shlex
import subprocess
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from pathlib import Path
from urllib.parse import quote

from imgrank.counting import counted
from imgrank.output.summary import grave_doubts, group_count, how_many
from imgrank.output.thumbnails import Thumbnail
from imgrank.paths import printable
from imgrank.records import RankedImage, Ranking, Unreadable, beside_doubt
from imgrank.rounding import decimals_for

_SCORERS = {
    "zero-shot": "zero-shot",
    "like": "by likeness",
    "between": "between two ends",
    "detail": "measured at full size",
    "mix": "by a mix",
}
ASIDE = "These do not seem to show what the sentence is about"


@dataclass(frozen=True, slots=True)
class PagePaths:
    """Where the page stands, and the folder that all its pictures have in common ("" if none)."""

    page_folder: str
    common: str

    def name(self, path: str) -> str:
        """What tells this picture from the others: its path below the common folder."""
        return os.path.relpath(path, self.common) if self.common else path


def page_paths(paths: Iterable[str], page_folder: str) -> PagePaths:
    """The place of these pictures as seen from a page in `page_folder`."""
    try:
        return PagePaths(page_folder, os.path.commonpath({os.path.dirname(path) for path in paths}))
    except ValueError:  # none at all, several drives, or some relative and some not
        return PagePaths(page_folder, "")


def text(words: str) -> str:
    """Words from outside as text of the page: nothing invisible, nothing that is markup, also inside quotes."""
    return escape(printable(words))


def about(ranking: Ranking, shown: int) -> str:
    """Who scored, and how many."""
    scorer = _SCORERS.get(ranking.scorer, "trained ranker")
    parts = [
        how_many(ranking, shown),
        f"{len(ranking.skipped):,} skipped",
        f"scored by {ranking.adapter}" if ranking.adapter else scorer,
        f"backbone {ranking.backbone}",
    ]
    return text(" · ".join(parts))


def remarks(ranking: Ranking) -> str:
    """What a person should know about this order, the gravest first."""
    grave = (f"{line[0].upper()}{line[1:]}." for line in grave_doubts(ranking, f"“{ranking.query}”"))
    lines = [f'<p class="remark warn" role="note">{text(line)}</p>' for line in grave]
    of_scores = ranking.asked.told_of_scores if ranking.asked else ()
    notes = (*of_scores, *beside_doubt(ranking.notes, ranking.confident))
    return "\n".join(lines + [f'<p class="remark" role="note">{text(line)}</p>' for line in notes])


def cut(scale: ScoreScale, command: Command) -> str:
    """How the scores are spread, a handle to cut them with, and the command that cuts so; nothing to cut: nothing."""
    if scale.low == scale.high:
        return ""
    unit = text(f" {scale.unit}") if scale.unit else ""
    low, high = scale.number(scale.low), scale.number(scale.high)
    return f"""<section id="cutting" aria-label="Cut by score" hidden>
<label for="cut">Keep what scores at least</label> <span id="cut-words"></span>
{_bars(scale)}
<input id="cut" class="handle" type="range" min="{low}" max="{high}" step="{scale.step}" value="{low}" \
data-decimals="{scale.decimals}" data-unit="{unit}" autocomplete="off">
<p class="ends quiet"><span>{text(scale.written(scale.low))}</span><span>{text(scale.written(scale.high))}</span></p>
<div class="command"><code id="command" data-before="{escape(command.before)}" data-after="{escape(command.after)}">\
{escape(command.before + command.after)}</code>
<button id="copy" type="button">Copy</button><span id="copied" class="quiet" role="status"></span></div>
</section>"""


def why(command: Command | None) -> str:
    """The command that explains a picture, for the view of one alone; where nothing explains it, nothing."""
    if command is None:
        return ""
    return f'<template id="why" data-before="{escape(command.before)}" data-after="{escape(command.after)}"></template>'


def _bars(scale: ScoreScale) -> str:
    most = max(scale.counts)
    bars = "".join(
        f'<rect x="{n + 0.06:.2f}" y="{100 - height}" width=".88" height="{height}"/>'
        for n, height in (
            (n, max(2, round(100 * count / most)) if count else 0) for n, count in enumerate(scale.counts)
        )
    )
    words = f"Scores of the images, from {scale.written(scale.low)} to {scale.written(scale.high)}"
    return (
        f'<svg id="bars" class="bars" viewBox="0 0 {len(scale.counts)} 100" preserveAspectRatio="none" role="img" '
        f'aria-label="{text(words)}">{bars}</svg>'
    )


def cell(
    image: RankedImage,
    file: str | None,
    scale: ScoreScale,
    thumbnail: Thumbnail,
    source: str,
    paths: PagePaths,
    head: RankedImage,
) -> str:
    """One picture of the sheet: a link to its file, where it has one, around its thumbnail; rank, score and name.

    `head` is the one that stands for its group, or itself; others are not seen until the group is opened.
    """
    path, name = text(image.path), text(paths.name(image.path))
    if thumbnail.data:
        size = f'width="{thumbnail.width}" height="{thumbnail.height}"'
        picture = f'<img src="{escape(source)}" {size} alt="{name}" loading="lazy" decoding="async">'
    else:
        picture = f'<span class="fault">no thumbnail: {text(thumbnail.fault)}</span>'
    link = "" if file is None else f' href="{escape(address(file, paths.page_folder))}"'
    word = "" if file is None else f' data-word="{text(shell_path(file))}"'
    aside = "" if head.relevant else ' class="aside" data-aside'
    group = "" if image.group is None else f' data-group="{image.group}"'
    member = "" if image is head else " data-member hidden"
    rank = f"{image.rank:,}" if image is head else f"{image.group_rank} of {image.group_size}"
    count = group_count(image) if image is head else ""
    many = (
        f'<span class="count" title="{counted(image.group_size or 0, "image")} of one group">{count}</span> '
        if count
        else ""
    )
    return (
        f'<li data-score="{image.score!r}"{word}{aside}{group}{member}><a{link}>{picture}</a>'
        f'<p><span class="rank">{rank}</span> <span class="score">{text(scale.written(image.score))}</span> '
        f'{many}<span class="name" title="{path}">{name}</span></p></li>\n'
    )


def skipped(left_out: Iterable[Unreadable]) -> str:
    """Every file that was left out, with its reason."""
    rows = [f"<dt>{text(one.path)}</dt><dd>{text(one.reason)}</dd>" for one in left_out]
    if not rows:
        return ""
    return f"<details><summary>{len(rows):,} skipped</summary>\n<dl>\n" + "\n".join(rows) + "\n</dl></details>"


def address(path: str, page_folder: str) -> str:
    """Where a file lies as seen from the page: relative, every byte quoted, so that no name can be another scheme."""
    try:
        relative = os.path.relpath(path, page_folder)
    except ValueError:  # another drive on Windows
        return Path(os.path.abspath(path)).as_uri()
    return quote(os.fsencode(relative.replace(os.sep, "/")))


_FEWEST_BINS, _MOST_BINS = 24, 48


@dataclass(frozen=True, slots=True)
class ScoreScale:
    """From `low` to `high`, both written with `decimals`: every score lies between them, ends included.

    `counts` are the scores in equal parts of that span. `low == high` where there is nothing to cut.
    """

    low: float
    high: float
    decimals: int
    unit: str | None
    counts: tuple[int, ...]

    def written(self, score: float) -> str:
        """The score with its unit, as people read it."""
        number = self.number(score)
        return f"{number} {self.unit}" if self.unit else number

    def number(self, score: float) -> str:
        """The score alone; never -0."""
        text = f"{score:.{self.decimals}f}"
        return text.removeprefix("-") if float(text) == 0 else text

    @property
    def step(self) -> str:
        """The least a cut can be moved."""
        return f"{Decimal(1).scaleb(-self.decimals):f}"


def scale_of(scores: Sequence[float], unit: str | None) -> ScoreScale:
    """The scale on which these scores can be told apart; that of no score is a point."""
    least, most = min(scores, default=0.0), max(scores, default=0.0)
    decimals = decimals_for(most - least)
    ten = 10.0**decimals
    low, high = (math.floor(least * ten) / ten, math.ceil(most * ten) / ten) if most > least else (least, least)
    return ScoreScale(low, high, decimals, unit, _counts(scores, low, high))


def _counts(scores: Sequence[float], low: float, high: float) -> tuple[int, ...]:
    bins = min(_MOST_BINS, max(_FEWEST_BINS, round(2 * math.sqrt(len(scores)))))
    counts = [0] * bins
    for score in scores if high > low else ():
        counts[min(bins - 1, max(0, int((score - low) / (high - low) * bins)))] += 1
    return tuple(counts)


_MIXES = ("--like", "--between", "--plus", "--minus")
_SHAPES_SCORES = ("--adapter", "--backbone", "--opposite")


@dataclass(frozen=True, slots=True)
class Command:
    """What stands before and after the place of one more word."""

    before: str
    after: str


def shell_command(words: Sequence[str]) -> Command:
    """`words` for this system's shell, open for an option at the end, or before `--` where that ends options."""
    at = words.index("--") if "--" in words else len(words)
    before, after = _joined(words[:at]), _joined(words[at:])
    return Command(before, f" {after}" if after else "")


def explain_command(words: Sequence[str], query: str) -> Command | None:
    """The command that explains one picture of the order that `words` made, open for its path; None where the order
    is no sentence's alone."""
    options = words[: words.index("--")] if "--" in words else words
    if any(word.partition("=")[0] in _MIXES for word in options):
        return None
    kept = ["imgrank", "explain"]
    for at, word in enumerate(options):
        if word in _SHAPES_SCORES:
            kept += options[at : at + 2]
        elif word.startswith(tuple(f"{option}=" for option in _SHAPES_SCORES)):
            kept.append(word)
    ended = ["--"] if query.startswith("-") else []
    return Command(_joined([*kept, *ended]) + " ", f" {_joined([query])}")


def shell_path(path: str) -> str:
    """A path as one word of this system's shell, never an option."""
    return _joined([os.path.join(os.curdir, path) if path.startswith("-") else path])


def _joined(words: Sequence[str]) -> str:
    return subprocess.list2cmdline(words) if os.name == "nt" else " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    """As a POSIX shell reads it; what a page cannot show, in the $'...' of bash and zsh."""
    if word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(map(_escaped, word)) + "'"


def _escaped(char: str) -> str:
    if char in "\\'":
        return "\\" + char
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    if "\udc80" <= char <= "\udcff":  # a byte that was no UTF-8
        return f"\\x{ord(char) - 0xDC00:02x}"
    return f"\\U{ord(char):08x}"
