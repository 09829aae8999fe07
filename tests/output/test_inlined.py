"""ES modules put into one script: each once, after those it needs, with what it exports, or refused."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from imgrank.output.page.inlined import one_script

MODULES = {
    "page/main.js": 'import { two as second, three } from "../shared/a.js";\nimport all from "../b.js";\n'
    "console.log(second(), three, all(4));",
    "shared/a.js": 'import{one}from"./c.js";\nexport function two() {\n  return one + 1;\n}\nexport const three = 3;',
    "shared/c.js": "var n=1;export{n as one,n};",
    "b.js": 'import { one } from "./shared/c.js";\nexport default function (x) {\n  return x + one;\n}',
}


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_the_script_does_what_the_modules_do() -> None:
    script = one_script("page/main.js", MODULES.__getitem__)
    said = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True).stdout
    assert said == "2 3 5\n"


def test_each_module_stands_once_and_after_what_it_needs() -> None:
    script = one_script("page/main.js", MODULES.__getitem__)
    assert script.count("var n=1") == 1
    places = [script.index(part) for part in ("var n=1", "function two", "return x + one", "console.log")]
    assert places == sorted(places)
    assert "import" not in script and "export" not in script


@pytest.mark.parametrize(
    "text",
    [
        'import * as all from "./c.js";',
        'export * from "./c.js";',
        'export { one } from "./c.js";\nlet x;',
        "const x = '</script>';",
        "const x = 1;export const one = 2;",
        'import { main } from "../page/main.js";',
    ],
)
def test_what_cannot_be_put_into_one_script_is_refused(text: str) -> None:
    modules = MODULES | {
        "shared/c.js": text,
        "page/main.js": 'import { x } from "../shared/c.js";\nexport const main = 1;',
    }
    with pytest.raises(ValueError, match=r"needs itself|cannot be put"):
        one_script("page/main.js", modules.__getitem__)
