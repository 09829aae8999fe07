"""XMP as a tree of elements that know their bytes, so that some can be cut out and all else stays as it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
ABOUT = (f"{RDF} about", "about")  # old files have it without a name space
_TAG = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_ATTRIBUTE = re.compile(rb"\s+([^\s=]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_NAME = re.compile(rb"<([^\s/>]+)")
_ARRAYS = tuple(f"{RDF} {kind}" for kind in ("Bag", "Seq", "Alt"))

Splice = tuple[int, int, bytes]  # from which byte to which, and what comes there


@dataclass(slots=True, eq=False)
class Element:
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
    children: list[Element] = field(default_factory=list)
    text: bool = False
    line_end: bool = False

    @property
    def about(self) -> str:
        """What the element says that it describes; mostly empty."""
        return next((self.attributes[name] for name in ABOUT if name in self.attributes), "")


@dataclass(frozen=True, slots=True)
class PacketTree:
    """The RDF element of a packet, and under which prefixes name spaces are known in it."""

    content: bytes
    rdf: Element
    prefixes: dict[str, set[str]]

    @property
    def about(self) -> str:
        """What the picture is called; most files leave it empty."""
        return next((each.about for each in self._all_descriptions if each.about), "")

    @property
    def descriptions(self) -> list[Element]:
        """The descriptions of the picture itself: not of what it was made of, its history or its faces."""
        return [each for each in self._all_descriptions if each.about in ("", self.about)]

    @property
    def _all_descriptions(self) -> Iterator[Element]:
        return (child for child in self.rdf.children if child.name == f"{RDF} Description")

    def prefix(self, space: str, usual: str) -> str:
        """A name space keeps the prefix that it has in the file, `xap` in old ones: Adobe's reader takes no second."""
        return min(filter(None, self.prefixes.get(space, ())), default=usual)

    def qualified(self, element: Element) -> str:
        """The name of an element as it stands in the file."""
        name = _NAME.match(self.content, element.tag[0])
        return name[1].decode() if name else ""

    def values(self, name: str) -> list[str]:
        """What a simple property of the picture is, each time that it stands there."""
        found = [each.attributes[name] for each in self.descriptions if name in each.attributes]
        return found + [child.value for child in self.properties(name)]

    def properties(self, name: str) -> list[Element]:
        """The elements of a property of the picture."""
        return [child for each in self.descriptions for child in each.children if child.name == name]

    def items(self, name: str) -> list[str]:
        """The texts in an array."""
        return [item.value for child in self.properties(name) for item in items_of(child)]

    def into(self, element: Element, inner: bytes) -> Splice:
        """Puts something before the end of an element, an empty one too."""
        start, end = element.tag
        if self.content[end - 2 : end] == b"/>":
            return end - 2, end, b">" + inner + f"</{self.qualified(element)}>".encode()
        at = self.content.rindex(b"</", start, element.end)
        return at, at, inner


def items_of(array: Element) -> list[Element]:
    """The items of a property that is an array; none where it is not."""
    bags = array.children
    return list(bags[0].children) if len(bags) == 1 and bags[0].name in _ARRAYS else []


def spliced(content: bytes, splices: Iterable[Splice]) -> bytes:
    """Bytes with some of them replaced; the splices do not overlap."""
    for start, end, new in sorted(splices, key=lambda each: each[:2], reverse=True):
        content = content[:start] + new + content[end:]
    return content


def read(content: bytes) -> PacketTree:
    """Read a packet. Raises ValueError where it is not XMP in UTF-8."""
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
        raise ValueError(f"it is not XMP in UTF-8 ({error})") from error
    rdf = _rdf_of(reader.root)
    if rdf is None:
        raise ValueError("it holds no RDF")
    return PacketTree(content, rdf, reader.prefixes)


class _Reader:
    """Builds the tree of elements with their bytes; nothing is written by it."""

    def __init__(self, content: bytes, at: Callable[[], int]) -> None:
        self.content, self.at = content, at
        self.root: Element | None = None
        self.prefixes: dict[str, set[str]] = {}
        self._open: list[Element] = []
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
        element = Element(name, attributes, match.span(), self._spans(start, match.end()), self._declared)
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


def _rdf_of(root: Element | None) -> Element | None:
    """The RDF element: the whole, or what the outermost element wraps."""
    each = [root, *root.children] if root is not None else []
    return next((element for element in each if element.name == f"{RDF} RDF"), None)


def _no_doctype(*_: object) -> None:
    raise ValueError("it declares a document type, which XMP does not")


def _utf8_alone(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii"):
        raise ValueError(f"it says that it is written in {encoding}, and XMP is written in UTF-8")
