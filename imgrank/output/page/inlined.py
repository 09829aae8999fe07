"""ES modules as one script: a page that is opened from disk may load none, for browsers let no file import another.

Each module becomes a function that is called once and returns what it exports, after those that it needs. They are
ours, or vendored and looked at: imports stand first and name files, exports are declarations or one list at the end.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

_IMPORT = re.compile(r'^import\s*(?:(\w+)|\{([^}]*)\})\s*from\s*"([^"]+)";', re.MULTILINE)
_DECLARED = re.compile(r"^export (default )?(?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_UNNAMED = re.compile(r"\bexport default (?=function\s*\()")
_LISTED = re.compile(r"\bexport\s*\{([^}]*)\};?\s*\Z")
_LEFT = re.compile(r"(?:^|[;}])\s*(?:import|export)\b|</script", re.MULTILINE)


def one_script(entry: str, read: Callable[[str], str]) -> str:
    """The module `entry` and all that it imports; `read` gives the text of each by its path.

    Raises ValueError where a module is written in another way than described above, or two need each other.
    """
    script = _Script(read)
    script.add(entry)
    return '"use strict";\n(() => {\n' + "\n".join(script.pieces) + "\n})();"


class _Script:
    """The modules that were put in so far, each under a name of its own."""

    def __init__(self, read: Callable[[str], str]) -> None:
        self.pieces: list[str] = []
        self._read = read
        self._names: dict[str, str] = {}
        self._waiting: list[str] = []

    def add(self, path: str) -> str:
        """Put a module in, after those that it needs; its name."""
        if path in self._waiting:
            raise ValueError(f"{path} needs itself, by way of {', '.join(self._waiting)}")
        if path not in self._names:
            self._waiting.append(path)
            text = _IMPORT.sub(lambda found: self._binding(path, found), self._read(path))
            self._waiting.remove(path)
            self._names[path] = f"module{len(self._names)}"
            self.pieces.append(f"const {self._names[path]} = (() => {{\n{_returning(path, text)}\n}})();")
        return self._names[path]

    def _binding(self, path: str, found: re.Match[str]) -> str:
        module = self.add(posixpath.normpath(posixpath.join(posixpath.dirname(path), found[3])))
        if found[1]:
            return f"const {found[1]} = {module}.default;"
        parts = (part.strip().replace(" as ", ": ") for part in found[2].split(","))
        return f"const {{ {', '.join(filter(None, parts))} }} = {module};"


def _returning(path: str, text: str) -> str:
    """The body of a module without its exports, which are returned at its end."""
    exported = {"default" if found[1] else found[2]: found[2] for found in _DECLARED.finditer(text)}
    text, count = _UNNAMED.subn("const unnamed = ", _DECLARED.sub("", text))
    if count:
        exported["default"] = "unnamed"
    for listed in _LISTED.findall(text):
        pairs = (each.strip().partition(" as ") for each in listed.split(",") if each.strip())
        exported.update((outside or inside, inside) for inside, _, outside in pairs)
    text = _LISTED.sub("", text)
    if _LEFT.search(text):
        raise ValueError(f"{path} imports or exports in a way that cannot be put into one script")
    returned = ", ".join(f"{outside}: {inside}" for outside, inside in exported.items())
    return f"{text.strip()}\nreturn {{ {returned} }};"
