"""Rank, score and rating in an XMP sidecar. What stood in the file before stays, byte for byte; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = "http://ns.adobe.com/xap/1.0/"
OURS = "https://imgrank.github.io/ns/1.0/"
_TAGS = {f"{XMP} Rating", f"{OURS} rank", f"{OURS} score"}
_ABOUT = f"{RDF} about"

_EMPTY = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    b' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    b" </rdf:RDF>\n"
    b'</x:xmpmeta>\n<?xpacket end="w"?>\n'
)


def rating(percentile: float) -> int:
    """One to five stars, a fifth of the pictures each."""
    return 1 + min(4, int(percentile / 20))


def tag(before: bytes | None, rank: int, score: float, stars: int) -> bytes:
    """The sidecar `before` (None: a new one) with these three properties. Raises ValueError where it is no XMP."""
    content = _EMPTY if before is None else before
    found = _read(content)
    for start, end in sorted(found.cuts, reverse=True):
        content = content[:start] + content[end:]
        found.insert_at -= (end - start) if start < found.insert_at else 0
    rdf, xmp, imgrank = found.rdf, found.xmp, found.imgrank
    ours = (
        f"<{rdf}Description {rdf}about={quoteattr(found.about)} xmlns:{xmp}={quoteattr(XMP)}"
        f' xmlns:{imgrank}={quoteattr(OURS)} {xmp}:Rating="{stars}" {imgrank}:rank="{rank}"'
        f' {imgrank}:score="{score!r}"/>\n'
    )
    return content[: found.insert_at] + ours.encode() + content[found.insert_at :]


@dataclass(slots=True)
class _Found:
    """Where a sidecar's old values stand (byte ranges to cut), where new ones go, and under which prefixes.

    A name space keeps the prefix that it has in the file, `xap` in old ones: Adobe's reader takes no second one.
    """

    cuts: list[tuple[int, int]] = field(default_factory=list)
    insert_at: int = -1
    rdf: str = "rdf:"
    xmp: str = "xmp"
    imgrank: str = "imgrank"
    about: str = ""


class _Reader:
    """Walks the XML and notes byte ranges; nothing is written by it."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.found = _Found()
        self._open: list[tuple[str, int, bool]] = []
        self._prefixes: dict[str, set[str]] = {}
        self._descriptions = 0

    def declare(self, prefix: str | None, uri: str) -> None:
        self._prefixes.setdefault(uri, set()).add(prefix or "")

    def start(self, name: str, attributes: dict[str, str], at: int) -> None:
        ours = False
        if name == f"{RDF} Description" and len(self._open) <= 2:
            if not self._descriptions:
                self.found.about = attributes.get(_ABOUT, "")
            self._descriptions += 1
            ours = f"{OURS} rank" in attributes and set(attributes) <= _TAGS | {_ABOUT}
            if not ours:
                self._cut_attributes(attributes, at)
        self._open.append((name, at, ours))

    def end(self, name: str, at: int) -> None:
        _, start, ours = self._open.pop()
        after = self.content.index(b">", at) + 1 if self._has_end_tag(at) else at
        if ours or name in _TAGS:
            newline = self.content[after : after + 1] == b"\n" and ours
            self.found.cuts.append((start, after + newline))
        if name == f"{RDF} RDF":
            self._place_insert(start, at)

    def _has_end_tag(self, at: int) -> bool:
        """An element without one, `<a/>`, is reported to end after its only tag."""
        return self.content.startswith(b"</", at)

    def _place_insert(self, start: int, at: int) -> None:
        if not self._has_end_tag(at):
            raise ValueError("it has an empty RDF element")
        self.found.insert_at = at
        word = re.match(rb"<([^\s/>]*?)RDF[\s/>]", self.content[start:])
        self.found.rdf = word[1].decode() if word else "rdf:"
        self.found.xmp = self._prefix_of(XMP, "xmp")
        self.found.imgrank = self._prefix_of(OURS, "imgrank")

    def _prefix_of(self, uri: str, usual: str) -> str:
        return min(filter(None, self._prefixes.get(uri, ())), default=usual)

    def _cut_attributes(self, attributes: dict[str, str], at: int) -> None:
        end = _end_of_tag(self.content, at)
        for tag_name in _TAGS & set(attributes):
            uri, local = tag_name.split(" ")
            for prefix in self._prefixes.get(uri, ()):
                pattern = rf"\s+{re.escape(prefix)}:{local}\s*=\s*(\"[^\"]*\"|'[^']*')"
                self.found.cuts += [
                    (at + each.start(), at + each.end()) for each in re.finditer(pattern.encode(), self.content[at:end])
                ]


def _end_of_tag(content: bytes, at: int) -> int:
    """The byte after a start tag; a `>` within quotes does not end it."""
    match = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>").match(content, at)
    return match.end() if match else at


def _read(content: bytes) -> _Found:
    reader = _Reader(content)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartNamespaceDeclHandler = reader.declare
    parser.StartElementHandler = lambda name, attributes: reader.start(name, attributes, parser.CurrentByteIndex)
    parser.EndElementHandler = lambda name: reader.end(name, parser.CurrentByteIndex)
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        content.decode("utf-8")
        parser.Parse(content, True)
    except (expat.ExpatError, UnicodeDecodeError) as error:
        raise ValueError(f"it is no XMP in UTF-8 ({error})") from error
    if reader.found.insert_at < 0:
        raise ValueError("it holds no RDF")
    return reader.found


def _no_doctype(*_: object) -> None:
    raise ValueError("it declares a document type, which XMP does not")
