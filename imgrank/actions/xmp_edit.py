"""Rank, score, stars and keywords in XMP. What stood there before stays, byte for byte; pure.

The packet is read into a tree that knows its bytes (`xmp_tree`); ours are cut out and put in, and no other byte is
written anew. Ours are those of the picture itself, which stand in an rdf:Description right below rdf:RDF.

`imgrank:stars` says which rating imgrank gave, `imgrank:starsBefore` which stood there before, `imgrank:added` which
keywords it added to `dc:subject`: so `untag` takes away what is ours and nothing that somebody else wrote. None of them
is called as a property of others, for programs that ask for `Rating` or `Keywords` by name alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from imgrank.actions.xmp_tree import ABOUT, RDF, Element, PacketTree, Splice, items_of, read, spliced

XMP = "http://ns.adobe.com/xap/1.0/"
DC = "http://purl.org/dc/elements/1.1/"
LIGHTROOM = "http://ns.adobe.com/lightroom/1.0/"
OURS = "https://imgrank.github.io/ns/1.0/"
SUBJECT, HIERARCHY, KEYWORDS = f"{DC} subject", f"{LIGHTROOM} hierarchicalSubject", f"{OURS} added"
_RATING, _RANK, _SCORE = f"{XMP} Rating", f"{OURS} rank", f"{OURS} score"
_GIVEN, _FORMER = f"{OURS} stars", f"{OURS} starsBefore"
_SIMPLE = {_RATING, _RANK, _SCORE, _GIVEN, _FORMER}
_USUAL = {XMP: "xmp", OURS: "imgrank", DC: "dc", LIGHTROOM: "lr", RDF: "rdf"}
_ROOT = "imgrank|"  # of our keywords in a tree of keywords; the sign parts its levels

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


def tag(
    before: bytes | None, rank: int, score: float, stars: int, keyword: str = "", others: Sequence[str] = ()
) -> bytes:
    """The packet `before` (None: a new one) with these, and with the keywords that imgrank gave earlier.

    `others` are keywords that the picture has elsewhere. A list in this packet would hide them from programs that look
    at one place alone, so a new list gets them too, as what somebody else wrote.

    Raises ValueError where it is no XMP, or built in a way that cannot be changed without harm.
    """
    found = read(_EMPTY if before is None else before)
    known = _known(found)
    former = {} if known.stars_before is None else {_FORMER: known.stars_before}
    values = {_RATING: str(stars), _GIVEN: str(stars), **former, _RANK: str(rank), _SCORE: repr(score)}
    rest = read(spliced(found.content, _cuts(found, known)))
    keyword = _clean(keyword)
    wanted = dict.fromkeys((*known.keywords, *([keyword] if keyword else [])))
    there = rest.items(SUBJECT)
    others = () if not wanted or rest.properties(SUBJECT) else tuple(dict.fromkeys(filter(None, map(_clean, others))))
    added = [each for each in wanted if each not in (*there, *others)]
    below = dict.fromkeys((*known.levels, *(each.replace("|", "/") for each in wanted)))
    levels = [_ROOT + each for each in below]
    content = spliced(rest.content, _insertions(rest, values, added, levels, others))
    arrays = {SUBJECT: [*there, *others, *added], HIERARCHY: [*rest.items(HIERARCHY), *levels], KEYWORDS: added}
    _require(read(content), values, arrays)
    return content


def untag(before: bytes) -> bytes:
    """The packet without what imgrank wrote, and with the stars that stood there before, if they were kept.

    Empty where nothing else is left, so that the file may go. Raises ValueError as `tag` does.
    """
    found = read(before)
    known = _known(found)
    if not known.ours:
        return before
    rest = read(spliced(before, _cuts(found, known)))
    former = known.stars_before
    content = spliced(rest.content, _insertions(rest, {_RATING: former}, (), ())) if former else rest.content
    _require(read(content), {_RATING: former} if former else {}, {SUBJECT: rest.items(SUBJECT)})
    return b"" if content == _EMPTY else content


def has_tags(content: bytes) -> bool:
    """Whether imgrank wrote something into a packet that `untag` would take out. Raises ValueError as `tag` does."""
    return _known(read(content)).ours


def stars_given(content: bytes) -> int | None:
    """The stars in a packet that imgrank gave; None where it has none, or others. Raises ValueError as `tag` does."""
    found = read(content)
    stars = _first(found, _RATING)
    return int(stars) if stars and stars == _first(found, _GIVEN) and stars.isdecimal() else None


def keywords_of(content: bytes) -> tuple[str, ...]:
    """The keywords in a packet. Raises ValueError as `tag` does."""
    return tuple(read(content).items(SUBJECT))


def speaks_of_ours(content: bytes) -> bool:
    """Whether a part of a packet holds a property that `tag` writes into another part. Raises ValueError."""
    found = read(content)
    return any(found.values(name) or found.properties(name) for name in (*_SIMPLE, SUBJECT, HIERARCHY))


@dataclass(frozen=True, slots=True)
class _Known:
    """What imgrank wrote earlier: the keywords that it added, and the `levels` below its root in a tree of keywords.

    `stars_before` stood there before, or was given since by somebody else; None: none. `ours`: there is anything.
    """

    keywords: tuple[str, ...]
    levels: tuple[str, ...]
    stars_before: str | None
    ours: bool


def _known(found: PacketTree) -> _Known:
    stars, given = _first(found, _RATING), _first(found, _GIVEN)
    keywords = tuple(dict.fromkeys(found.items(KEYWORDS)))
    levels = (text[len(_ROOT) :] for text in found.items(HIERARCHY) if text.startswith(_ROOT))
    ranked = bool(found.values(_RANK) or found.values(_SCORE))
    is_given = stars is not None and (stars == given if given is not None else ranked)
    before = _first(found, _FORMER) if is_given else stars
    return _Known(keywords, tuple(dict.fromkeys(levels)), before or None, ranked or given is not None or bool(keywords))


def _first(found: PacketTree, name: str) -> str | None:
    return next((value.strip() for value in found.values(name)), None)


def _clean(keyword: str) -> str:
    """A keyword on one line, without what XML cannot hold."""
    return " ".join("".join(char for char in keyword if char.isprintable() or char.isspace()).split())


def _cuts(found: PacketTree, known: _Known) -> Iterator[Splice]:
    for description in found.descriptions:
        names = set(description.attributes).union(child.name for child in description.children)
        has_ours = any(name.startswith(OURS) for name in names)
        going = [child for child in description.children if _goes(child, known, has_ours)]
        if has_ours and len(going) == len(description.children) and _is_plain(description):
            yield description.tag[0], description.end + description.line_end, b""
            continue
        yield from ((*span, b"") for name, span in description.spans.items() if name in _SIMPLE)
        for child in description.children:
            if child in going:
                yield child.tag[0], child.end, b""
            else:
                yield from ((*span, b"") for span in _item_cuts(found.content, child, known))


def _is_plain(description: Element) -> bool:
    """Whether a description has nothing beside its properties that `tag` would not write."""
    names = set(description.attributes) <= _SIMPLE.union(ABOUT)
    return names and not description.text and description.spaces <= set(_USUAL)


def _goes(child: Element, known: _Known, has_ours: bool) -> bool:
    """Whether a property is ours as a whole; a list only where we write one, beside others of ours."""
    if child.name in _SIMPLE or child.name == KEYWORDS:
        return True
    items = items_of(child) if has_ours else []
    return bool(items) and not child.children[0].text and all(_is_our_item(child.name, item, known) for item in items)


def _is_our_item(name: str, item: Element, known: _Known) -> bool:
    if name == SUBJECT:
        return item.value in known.keywords
    return name == HIERARCHY and item.value.startswith(_ROOT)


def _item_cuts(content: bytes, array: Element, known: _Known) -> Iterator[tuple[int, int]]:
    """Our items, each with the white space before it."""
    items = items_of(array)
    before = array.children[0].tag[1] if items else 0
    for item in items:
        if _is_our_item(array.name, item, known):
            blank = not content[before : item.tag[0]].strip()
            yield (before if blank else item.tag[0]), item.end
        before = item.end


def _insertions(
    found: PacketTree,
    values: dict[str, str],
    keywords: Sequence[str],
    levels: Sequence[str],
    others: Sequence[str] = (),
) -> list[Splice]:
    """Our element, and our items in arrays that are there already."""
    splices, arrays = [], [(KEYWORDS, keywords)] if keywords else []
    for name, texts in ((SUBJECT, (*others, *keywords)), (HIERARCHY, levels)):
        if any(name in each.attributes for each in found.descriptions):
            raise ValueError("its keywords are not written as a list")
        there = found.properties(name)
        if texts and there:
            splices.append(_more_items(found, there[0], texts))
        elif texts:
            arrays.append((name, texts))
    return [*splices, found.into(found.rdf, _our_element(found, values, arrays))]


def _more_items(found: PacketTree, array: Element, texts: Sequence[str]) -> Splice:
    """More items behind those of an array, in its own way of writing."""
    items = items_of(array)
    if items:
        before = items[-2].end if len(items) > 1 else array.children[0].tag[1]
        between = found.content[before : items[-1].tag[0]]
        li = found.qualified(items[-1])
        end = items[-1].end
        return end, end, b"".join((b"" if between.strip() else between) + _item(li, text) for text in texts)
    if array.text or len(array.children) > 1 or (array.children and not found.qualified(array.children[0])):
        raise ValueError("its keywords are not written as a list")
    rdf = found.qualified(found.rdf).rpartition("RDF")[0]
    inner = b"".join(_item(f"{rdf}li", text) for text in texts)
    if array.children:
        return found.into(array.children[0], inner)
    return found.into(array, f"<{rdf}Bag>".encode() + inner + f"</{rdf}Bag>".encode())


def _item(name: str, text: str) -> bytes:
    return f"<{name}>{escape(text)}</{name}>".encode()


def _our_element(found: PacketTree, values: dict[str, str], arrays: Sequence[tuple[str, Sequence[str]]]) -> bytes:
    rdf = found.qualified(found.rdf).rpartition(":")[0]
    used = dict.fromkeys(name.split(" ")[0] for name in (*values, *(name for name, _ in arrays)))
    used |= {} if rdf else {RDF: None}
    short = {space: found.prefix(space, _USUAL[space]) for space in used} | {RDF: rdf or "rdf"}
    spaces = "".join(f" xmlns:{short[space]}={quoteattr(space)}" for space in used)

    def qualified(name: str) -> str:
        space, local = name.split(" ")
        return f"{short[space]}:{local}"

    written = "".join(f" {qualified(name)}={quoteattr(value)}" for name, value in values.items())
    description, bag, li = (f"{short[RDF]}:{name}" for name in ("Description", "Bag", "li"))
    first = f"<{description} {short[RDF]}:about={quoteattr(found.about)}{spaces}{written}"
    empty = found.content[found.rdf.tag[1] - 2 : found.rdf.tag[1]] == b"/>"
    if not arrays:
        return ("\n" * empty + first + "/>\n").encode()
    inner = ""
    for name, texts in arrays:
        items = b"".join(_item(li, text) for text in texts).decode()
        inner += f" <{qualified(name)}><{bag}>{items}</{bag}></{qualified(name)}>\n"
    return ("\n" * empty + first + ">\n" + inner + f"</{description}>\n").encode()


def _require(found: PacketTree, values: dict[str, str], arrays: dict[str, list[str]]) -> None:
    """Raise ValueError unless a reader finds these values, once each, and these items."""
    simple = all(found.values(name) == ([values[name]] if name in values else []) for name in _SIMPLE)
    if not simple or any(sorted(found.items(name)) != sorted(texts) for name, texts in arrays.items()):
        raise ValueError("it is built in a way that imgrank cannot change without harm")
