"""What the site adds to the pages in `docs/`: pages that stand elsewhere, the list of decisions, the graph of imports.

MkDocs calls the functions named `on_...`.
"""

from __future__ import annotations

import ast
import posixpath
import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
PULLED = {  # pages elsewhere in the repository: where they stand on the site
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "LICENSE": "assets/LICENSE.txt",
    "examples/photos/LICENCES.md": "reference/example-photos.md",
    "recipes/mini/README.md": "reference/recipes.md",
    "recipes/mini/on_gpu/README.md": "reference/recipe-on-a-gpu.md",
    "recipes/paper/README.md": "experiments/paper.md",
    "weights/README.md": "reference/weights/index.md",
    "weights/mini.md": "reference/weights/mini.md",
    "weights/mini-adapter.md": "reference/weights/mini-adapter.md",
}
DECISIONS = "decisions/index.md"
ARCHITECTURE, ROOMS = "explanation/architecture.md", "<!-- rooms -->"

_LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?!https?:|mailto:|#)(?P<path>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
_TITLE = re.compile(r"\A# (.+)\n\n(\S+) · ([^·\n]+) · ([^\n]+)\n")


def on_files(files: Files, config: Any) -> Files:  # noqa: ANN401 (MkDocs' own configuration)
    """Add the pages that stand outside `docs/`."""
    for source, target in PULLED.items():
        if target not in files.src_uris:
            files.append(File.generated(config, target, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Lead links between `docs/` and the rest of the repository to where their pages stand on the site."""
    here = page.file.src_uri
    if here == DECISIONS:
        markdown += "\n" + decisions()
    if here == ARCHITECTURE:
        markdown = markdown.replace(ROOMS, rooms())
    if here.startswith(("decisions/", "experiments/", "reference/weights/")):
        page.meta["search"] = {"boost": 0.3}  # who searches for "undo" wants the command first
    source = next((known for known, target in PULLED.items() if target == here), f"docs/{here}")
    return _LINK.sub(lambda link: _on_site(link, source, here), markdown)


def on_post_page(output: str, **_: object) -> str:
    """Give the search a name for those who hear the page: the theme forgets it."""
    return output.replace(
        'data-md-component="search" role="dialog"', 'data-md-component="search" role="dialog" aria-label="Search"'
    )


def _on_site(link: re.Match[str], source: str, here: str) -> str:
    """A link of the page `source` of the repository, as the page `here` of the site needs it.

    Of a link to a file that has no page, the text stays.
    """
    meant = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["path"]))
    target = PULLED.get(meant, meant.removeprefix("docs/") if meant.startswith("docs/") else None)
    if target is None:
        return link["text"] if (ROOT / meant).exists() else link[0]
    return f"[{link['text']}]({posixpath.relpath(target, posixpath.dirname(here) or '.')}{link['anchor'] or ''})"


def decisions() -> str:
    """The table of all records, newest first, by what they say of themselves in their first lines."""
    rows = ["| number | decision | subject | date | status |", "|--:|---|---|---|---|"]
    for path in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"), reverse=True):
        found = _TITLE.match(path.read_text(encoding="utf-8"))
        if found is None:
            raise ValueError(f"{path.name} does not begin with `# Title` and `date · status · subject`.")
        title, date, status, subject = found.groups()
        rows.append(f"| {int(path.name[:4])} | [{title}]({path.name}) | {subject} | {date} | {status} |")
    return "\n".join(rows) + "\n"


def layers() -> list[list[str]]:
    """The rooms of each layer that `lint-imports` holds, the topmost first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    return [[room.strip() for room in layer.split("|")] for layer in contract["layers"]]


def files_of(room: str) -> list[Path]:
    """The files of a room, which is a folder or one file."""
    folder = ROOT / "imgrank" / room
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


def imported_by(room: str) -> list[str]:
    """The other rooms that a room imports, the most used first."""
    used: dict[str, int] = {}
    for file in files_of(room):
        for name in re.findall(r"^ *from imgrank\.(\w+)", file.read_text(encoding="utf-8"), re.MULTILINE):
            if name != room:
                used[name] = used.get(name, 0) + 1
    return sorted(used, key=lambda name: (-used[name], name))


def rooms() -> str:
    """The table of rooms by layer: what each is for, how many files it has, and which rooms it imports."""
    rows = ["| layer | room | what it is for | files | imports |", "|--:|---|---|--:|---|"]
    for number, beside in enumerate(layers(), 1):
        for room in beside:
            files, used = files_of(room), ", ".join(f"`{name}`" for name in imported_by(room)) or "nothing"
            purpose = (ast.get_docstring(ast.parse(files[0].read_text(encoding="utf-8"))) or "").split("\n\n")[0]
            words = " ".join(purpose.split()).replace("|", "\\|")
            rows.append(f"| {number} | `{room}` | {words} | {len(files)} | {used} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(rooms())
