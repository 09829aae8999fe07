"""Rank, score and rating in an XMP sidecar. What stood in the file before stays, byte for byte; pure.

The file is read by a parser that tells at which byte each element begins, and our properties are cut out of the bytes
and put in; no other byte is written anew. Ours are those of the picture itself: they stand in an rdf:Description right
below rdf:RDF, and never in what it was made of, its history or its faces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = "http://ns.adobe.com/xap/1.0/"
OURS = "https://imgrank.github.io/ns/1.0/"
_TAGS = {f"{XMP} Rating", f"{OURS} rank", f"{OURS} score"}
_ABOUT = (f"{RDF} about", "about")  # old files have it without a name space
_OURS_ALONE = {RDF, XMP, OURS}
_TAG = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_ATTRIBUTE = re.compile(rb"\s+([^\s=]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_NAME = re.compile(rb"<([^\s/>]+)")

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
    cuts = [cut for description in found.descriptions for cut in _cuts(description, found.about)]
    values = {f"{XMP} Rating": str(stars), f"{OURS} rank": str(rank), f"{OURS} score": repr(score)}
    for start, end, text in sorted([*((*cut, b"") for cut in cuts), _insertion(found, values)], reverse=True):
        content = content[:start] + text + content[end:]
    if sorted(_tags_of(_read(content))) != sorted(values.items()):
        raise ValueError("it is built in a way that imgrank cannot change without harm")
    return content


@dataclass(slots=True)
class _Element:
    """An element by its bytes: `tag` is the span of its first tag, `end` the byte after all of it.

    `attributes`: values by name, `spans`: their bytes with the space before. `spaces` are the name spaces that it
    declares. `children` are elements, `value` is its own text; `text` tells whether anything but elements and white
    space stands in it, `line_end` whether a line ends right behind it.
    """

    name: str
    attributes: dict[str, str]
    tag: tuple[int, int]
    spans: dict[str, tuple[int, int]]
    spaces: set[str]
    end: int = -1
    value: str = ""
    children: list[_Element] = field(default_factory=list)
    text: bool = False
    line_end: bool = False

    @property
    def about(self) -> str:
        return next((self.attributes[name] for name in _ABOUT if name in self.attributes), "")

    @property
    def is_ours(self) -> bool:
        """Whether it is what `tag` writes, and nobody has put anything into it."""
        own = f"{OURS} rank" in self.attributes and set(self.attributes) <= _TAGS.union(_ABOUT)
        return own and not self.children and not self.text and self.spaces <= _OURS_ALONE


@dataclass(frozen=True, slots=True)
class _Found:
    """The RDF element of a sidecar, and under which prefixes name spaces are known in it.

    A name space keeps the prefix that it has in the file, `xap` in old ones: Adobe's reader takes no second one.
    """

    content: bytes
    rdf: _Element
    prefixes: dict[str, set[str]]

    @property
    def descriptions(self) -> list[_Element]:
        return [child for child in self.rdf.children if child.name == f"{RDF} Description"]

    @property
    def about(self) -> str:
        """What the picture is called; most files leave it empty."""
        return next((each.about for each in self.descriptions if each.about), "")

    def prefix(self, space: str, usual: str) -> str:
        return min(filter(None, self.prefixes.get(space, ())), default=usual)


def _cuts(description: _Element, about: str) -> Iterator[tuple[int, int]]:
    """The bytes of our properties in a description of the picture itself."""
    if description.about not in ("", about):
        return
    if description.is_ours:
        yield description.tag[0], description.end + description.line_end
        return
    yield from (span for name, span in description.spans.items() if name in _TAGS)
    yield from ((child.tag[0], child.end) for child in description.children if child.name in _TAGS)


def _tags_of(found: _Found) -> Iterator[tuple[str, str]]:
    """The values of our properties that a reader finds."""
    for description in found.descriptions:
        if description.about in ("", found.about):
            yield from ((name, value) for name, value in description.attributes.items() if name in _TAGS)
            yield from ((child.name, child.value) for child in description.children if child.name in _TAGS)


def _insertion(found: _Found, values: dict[str, str]) -> tuple[int, int, bytes]:
    """Our element, and the bytes in whose place it comes: none before the end of RDF, or the end of an empty one."""
    start, end = found.rdf.tag
    name = _NAME.match(found.content, start)
    qualified = name[1].decode() if name else "rdf:RDF"
    prefix, colon, _ = qualified.rpartition(":")
    spaces = {found.prefix(XMP, "xmp"): XMP, found.prefix(OURS, "imgrank"): OURS} | ({} if colon else {"rdf": RDF})
    prefix = prefix or "rdf"
    short = {space: each for each, space in spaces.items()}
    written = "".join(f" xmlns:{each}={quoteattr(space)}" for each, space in spaces.items())
    for key, value in values.items():
        space, local = key.split(" ")
        written += f" {short[space]}:{local}={quoteattr(value)}"
    ours = f"<{prefix}:Description {prefix}:about={quoteattr(found.about)}{written}/>\n".encode()
    if found.content[end - 2 : end] == b"/>":
        return end - 2, end, b">\n" + ours + f"</{qualified}>".encode()
    at = found.content.rindex(b"</", start, found.rdf.end)
    return at, at, ours


class _Reader:
    """Builds the tree of elements with their bytes; nothing is written by it."""

    def __init__(self, content: bytes, at: Callable[[], int]) -> None:
        self.content, self.at = content, at
        self.root: _Element | None = None
        self.prefixes: dict[str, set[str]] = {}
        self._open: list[_Element] = []
        self._scope: dict[str, list[str]] = {}
        self._declared: set[str] = set()

    def declare(self, prefix: str | None, space: str | None) -> None:
        self.prefixes.setdefault(space or "", set()).add(prefix or "")
        self._scope.setdefault(prefix or "", []).append(space or "")
        self._declared.add(space or "")

    def forget(self, prefix: str | None) -> None:
        self._scope[prefix or ""].pop()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        start = self.at()
        match = _TAG.match(self.content, start)
        if match is None:
            raise ValueError("it has a tag that does not end")
        element = _Element(name, attributes, match.span(), self._spans(start, match.end()), self._declared)
        self._declared = set()
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _name: str) -> None:
        element = self._open.pop()
        first_end = element.tag[1]
        empty = self.content[first_end - 2 : first_end] == b"/>"
        element.end = first_end if empty else self.content.index(b">", self.at()) + 1
        element.line_end = self.content.startswith(b"\n", element.end)

    def write(self, text: str) -> None:
        if self._open:
            self._open[-1].value += text
            self._open[-1].text |= not text.isspace()

    def remark(self, *_: object) -> None:
        """A comment or instruction of somebody's."""
        if self._open:
            self._open[-1].text = True

    def _spans(self, start: int, end: int) -> dict[str, tuple[int, int]]:
        name = _NAME.match(self.content, start)
        at = name.end() if name else end
        spans = {}
        while match := _ATTRIBUTE.match(self.content, at, end):
            prefix, colon, local = match[1].decode().rpartition(":")
            space = self._scope.get(prefix, [""])[-1] if colon and prefix not in ("xml", "xmlns") else ""
            spans[f"{space} {local}" if space else match[1].decode()] = match.span()
            at = match.end()
        return spans


def _read(content: bytes) -> _Found:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    reader = _Reader(content, lambda: parser.CurrentByteIndex)
    parser.StartNamespaceDeclHandler, parser.EndNamespaceDeclHandler = reader.declare, reader.forget
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.write
    parser.CommentHandler = parser.ProcessingInstructionHandler = reader.remark
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.XmlDeclHandler = _utf8_alone
    try:
        content.decode("utf-8")
        parser.Parse(content, True)
    except (expat.ExpatError, UnicodeDecodeError) as error:
        raise ValueError(f"it is no XMP in UTF-8 ({error})") from error
    rdf = _rdf_of(reader.root)
    if rdf is None:
        raise ValueError("it holds no RDF")
    return _Found(content, rdf, reader.prefixes)


def _rdf_of(root: _Element | None) -> _Element | None:
    """The RDF element: the whole, or what the outermost element wraps."""
    each = [root, *root.children] if root is not None else []
    return next((element for element in each if element.name == f"{RDF} RDF"), None)


def _no_doctype(*_: object) -> None:
    raise ValueError("it declares a document type, which XMP does not")


def _utf8_alone(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii"):
        raise ValueError(f"it says that it is written in {encoding}, and XMP is written in UTF-8")
