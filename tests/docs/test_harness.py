"""The check of the pages catches what it is there for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.docs.pages import Step, blocks, steps
from tests.docs.test_commands import fault

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the pages are written for a Unix shell")

PAGE = """\
# A page

```console
$ echo one; echo two
one
two
$ true
```

<!-- not run: it would take all day -->
```sh
sleep 86400
```
```python
print(1)
```
"""


def test_a_page_falls_into_its_blocks_and_steps(tmp_path: Path) -> None:
    (page := tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    shown, waiting, program = blocks(page)
    assert [shown.language, waiting.language, program.language] == ["console", "sh", "python"]
    assert [shown.line, waiting.reason, program.reason] == [3, "it would take all day", None]
    assert steps(shown) == [Step("echo one; echo two", "one\ntwo\n"), Step("true", None)]


@pytest.mark.parametrize("shown", ["one\ntwo\n", "o...\ntwo\n", "...two\n", None])
def test_output_as_shown_is_no_fault(shown: str | None, tmp_path: Path) -> None:
    assert fault(Step("echo one; echo two", shown), tmp_path) is None


def test_other_output_is_a_fault(tmp_path: Path) -> None:
    assert "two" in (fault(Step("echo two", "one\n"), tmp_path) or "")


def test_a_failing_command_is_a_fault(tmp_path: Path) -> None:
    assert "exit 3" in (fault(Step("exit 3", None), tmp_path) or "")


def test_the_reader_has_a_terminal(tmp_path: Path) -> None:
    assert fault(Step("test -t 1", None), tmp_path) is None
