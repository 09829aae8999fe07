"""A ranking as pieces of HTML. Whatever came from outside (names, sentence, reasons) is escaped text, never markup."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from imgrank.output.page.command import Command, shell_path
from imgrank.output.page.scale import ScoreScale
from imgrank.output.summary import group_count
from imgrank.output.thumbnails import Thumbnail
from imgrank.paths import printable
from imgrank.records import RankedImage, Ranking, Unreadable

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
    groups = {image.group for image in ranking.images if image.group is not None}
    parts = [
        f"{shown:,} of {len(ranking.images):,} images" if shown < len(ranking.images) else _counted(shown),
        *([f"{len(groups):,} groups"] if groups else []),
        f"{len(ranking.skipped):,} skipped",
        f"scored by {ranking.adapter}" if ranking.adapter else scorer,
        f"backbone {ranking.backbone}",
    ]
    return text(" · ".join(parts))


def remarks(ranking: Ranking) -> str:
    """What a person should know about this order, the gravest first."""
    grave = []
    if not ranking.confident:
        grave.append(f"Not confident: no image here stands out for “{ranking.query}”, so the order may mean little.")
    if ranking.partial:
        seen = _counted(len(ranking.images))
        grave.append(f"Partial: stopped after {seen}; only these were ranked, and all that is said is of them alone.")
    lines = [f'<p class="remark warn" role="note">{text(line)}</p>' for line in grave]
    return "\n".join(lines + [f'<p class="remark" role="note">{text(line)}</p>' for line in ranking.notes])


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
    """The command that explains the picture that is shown large; where nothing explains it, nothing."""
    if command is None:
        return ""
    return f"""<div class="command"><span class="quiet">Why this score?</span>
<code id="why" data-before="{escape(command.before)}" data-after="{escape(command.after)}"></code>
<button id="copy-why" type="button">Copy</button><span id="copied-why" class="quiet" role="status"></span></div>"""


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
    image: RankedImage, file: str | None, scale: ScoreScale, thumbnail: Thumbnail, source: str, paths: PagePaths
) -> str:
    """One picture of the sheet: a link to its file, where it has one, around its thumbnail; rank, score and name."""
    path, name = text(image.path), text(paths.name(image.path))
    if thumbnail.data:
        size = f'width="{thumbnail.width}" height="{thumbnail.height}"'
        picture = f'<img src="{escape(source)}" {size} alt="{name}" loading="lazy" decoding="async">'
    else:
        picture = f'<span class="fault">no thumbnail: {text(thumbnail.fault)}</span>'
    link = "" if file is None else f' href="{escape(address(file, paths.page_folder))}"'
    word = "" if file is None else f' data-word="{text(shell_path(file))}"'
    aside = "" if image.relevant else ' class="aside" data-aside'
    count = group_count(image)
    many = f'<span class="count" title="{image.group_size:,} images of one group">{count}</span> ' if count else ""
    return (
        f'<li data-score="{image.score!r}"{word}{aside}><a{link}>{picture}</a>'
        f'<p><span class="rank">{image.rank:,}</span> <span class="score">{text(scale.written(image.score))}</span> '
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


def _counted(count: int) -> str:
    return f"{count:,} image" if count == 1 else f"{count:,} images"
