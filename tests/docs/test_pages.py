"""The pages agree with the code and with each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imgrank import __version__
from tests.docs.pages import PAGES, ROOT, blocks

PHOTOS = ROOT / "examples" / "photos"
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))


def _commands(page: Path) -> list[str]:
    return [line for block in blocks(page) if block.language == "sh" for line in block.text.splitlines()]


def test_the_changelog_begins_with_this_version() -> None:
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest and newest[1] == __version__


@pytest.mark.parametrize("ending", ['imgrank sort examples/photos "a cat"', "pytest -n 2 --dist loadfile"])
def test_the_readme_sets_up_in_one_line_which_continuous_integration_runs(ending: str) -> None:
    lines = [line for line in _commands(ROOT / "README.md") if line.startswith("pip install") and line.endswith(ending)]
    assert len(lines) == 1
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace("\\", "")
    assert f'readme "pip install" "{ending}"' in script


def test_the_workflow_runs_the_readmes_test_command() -> None:
    [line] = [line for line in _commands(ROOT / "README.md") if "&& pytest" in line]
    assert f"run: {line}\n" in (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_files_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text)
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing


def test_every_example_photograph_has_its_licence_and_every_licence_its_photograph() -> None:
    listed = re.findall(r"^\| `([^`]+)` \|", (PHOTOS / "LICENCES.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(path.name for path in PHOTOS.iterdir() if path.name != "LICENCES.md")


def test_the_example_photographs_are_free() -> None:
    rows = re.findall(r"^\| `.*$", (PHOTOS / "LICENCES.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert all(re.search(r"\| (CC0|public domain)", row) for row in rows)


def test_the_readmes_first_screen_states_the_terms_of_the_weights() -> None:
    first_screen = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:25]
    assert any("non-commercial" in line for line in first_screen)


def test_decisions_have_numbers_of_their_own() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("record", DECISIONS, ids=lambda path: path.name[:4])
def test_a_decision_says_when_it_was_taken_whether_it_holds_and_what_about(record: Path) -> None:
    title, line = record.read_text(encoding="utf-8").splitlines()[:3:2]
    date, status, subject = line.split(" · ")
    assert title.startswith("# ") and re.fullmatch(r"\d{4}-\d{2}-\d{2}", date) and subject
    held = re.fullmatch(r"accepted|tried, not kept|superseded (?:in part )?by (\d{4})", status)
    assert held
    assert held[1] is None or list(record.parent.glob(f"{held[1]}-*.md"))


def test_the_five_numbers_of_performance_are_those_of_the_full_tables() -> None:
    explained = (ROOT / "docs" / "explanation" / "performance.md").read_text(encoding="utf-8")
    measured = (ROOT / "docs" / "experiments" / "speed.md").read_text(encoding="utf-8")
    numbers = re.findall(r"^\| (?!what)[^|]+ \| ([^|]+) \|$", explained, re.MULTILINE)
    assert len(numbers) == 5
    assert all(f"| {number} |" in measured for number in numbers)


def test_the_change_log_sorts_what_is_not_released_yet() -> None:
    [newest] = re.findall(
        r"^## \S+ .*?(?=^## )", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )[:1]
    assert re.match(r"## [^\n]+\n\n### ", newest), "a line stands before the first heading"
    headings = re.findall(r"^### (.*)$", newest, re.MULTILINE)
    assert headings == [each for each in ("Added", "Changed", "Deprecated", "Removed", "Fixed") if each in headings]
