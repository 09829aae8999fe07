"""Names that would lead out of the adapters' folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgrank.adapter import registry
from imgrank.errors import AdapterError

TRICKS = [
    "../x",
    "..",
    ".",
    "",
    "a/b",
    "a\\b",
    "/etc/passwd",
    "C:x",
    "~",
    ".hidden",
    "x\0y",
    "x\ny",
    "\x1b[31mred",
    "\u202egpj",
    "a.",
    "a ",
    " a",
    "-rf",
    "$(reboot)",
    "%2e%2e",
    "CON",
    "nul.txt",
    "lpt1",
    "x" * 65,
    "\udcff",
]


@pytest.mark.parametrize("name", TRICKS)
def test_a_tricky_name_is_refused_and_touches_nothing(name: str, home: Path, tmp_path: Path) -> None:
    (tmp_path / "home" / "data" / "adapters").mkdir(parents=True)
    outside = tmp_path / "home" / "data" / "x.safetensors"
    outside.write_bytes(b"keep me")
    for use in (registry.adapter_path, registry.remove):
        with pytest.raises(AdapterError) as error:
            use(name)
        assert str(error.value).isprintable()
    assert outside.read_bytes() == b"keep me"
