"""Sidecars by a grammar of what programs write: as pieces, each known to be ours to replace or to be kept."""

from __future__ import annotations

from dataclasses import dataclass

SPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "stRef": "http://ns.adobe.com/xap/1.0/sType/ResourceRef#",
    "imgrank": "https://imgrank.github.io/ns/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}
PROPERTIES = ("Rating", "rank", "score", "title", "nickname", "subject", "history")
LOOKALIKE = " {xmp}:Rating='5' imgrank:rank='9' &lt;{xmp}:Rating&gt;1&lt;/{xmp}:Rating&gt; "


@dataclass
class Sidecar:
    """Text of which some is ours: `whole` with it, `kept` without."""

    draw: object
    xmp: str
    whole: str = ""
    kept: str = ""

    def keep(self, text):
        self.whole += text
        self.kept += text

    def replace(self, text):
        self.whole += text

    def space(self):
        self.keep(self.draw.choice(["", "\n  ", " ", "\r\n\t"]))

    def maybe(self, part=0.5):
        return self.draw.random() < part


def sidecar(draw):
    """One sidecar, with every property at most once at its top, as XMP demands."""
    made = Sidecar(draw, draw.choice(["xmp", "xmp", "xap"]))
    if made.maybe():
        made.keep('<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>\n')
    wrapped = made.maybe(0.8)
    if wrapped:
        made.keep('<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk=\'a > "b"\'>')
        made.space()
    made.keep('<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"')
    count = draw.randrange(4)
    if count == 0 and made.maybe():
        made.keep("/>")
    else:
        made.keep(">")
        homes = {name: draw.randrange(count + 1) for name in PROPERTIES}
        for number in range(count):
            made.space()
            _description(made, {name for name, home in homes.items() if home == number})
        made.space()
        made.keep("</rdf:RDF>")
    if wrapped:
        made.keep("</x:xmpmeta>")
    return made


def _description(made, names):
    made.keep(made.draw.choice(['<rdf:Description rdf:about=""', "<rdf:Description rdf:about=''"]))
    for prefix, uri in SPACES.items():
        quote = made.draw.choice("'\"")
        made.keep(f"\n xmlns:{made.xmp if prefix == 'xmp' else prefix}={quote}{uri}{quote}")
    wanted = {"Rating": f"{made.xmp}:Rating", "rank": "imgrank:rank", "score": "imgrank:score"}
    ours = [qualified for name, qualified in wanted.items() if name in names]
    as_attributes = [name for name in ours if made.maybe()]
    if "title" in names:
        made.keep(f' {made.xmp}:Label="{LOOKALIKE.format(xmp=made.xmp)}"')
    for name in as_attributes:
        quote = made.draw.choice("'\"")
        made.replace(f"{made.draw.choice([' ', chr(10) + '   '])}{name}{made.draw.choice(['=', ' = '])}{quote}2{quote}")
    if "nickname" in names:
        made.keep(f' {made.xmp}:Nickname="a > b / c"')
    elements = [name for name in ours if name not in as_attributes]
    if not elements and not names & {"subject", "history"} and made.maybe():
        made.keep(made.draw.choice(["/>", " />"]))
        return
    made.keep(">")
    for part in made.draw.sample(["ours", "subject", "history", "comment", "text"], 5):
        _part(made, part, names, elements)
    made.keep("</rdf:Description>")


def _part(made, part, names, elements):
    lookalike = LOOKALIKE.format(xmp=made.xmp)
    if part == "ours":
        for name in elements:
            made.replace(f"<{name}>{made.draw.choice(['3', ' 3 '])}</{name}>")
    elif part == "subject" and "subject" in names:
        made.keep("<dc:subject><rdf:Bag><rdf:li>Molly</rdf:li><rdf:li>")
        made.keep(lookalike.strip() + "</rdf:li></rdf:Bag></dc:subject>")
    elif part == "history" and "history" in names:
        made.keep("<xmpMM:Ingredients><rdf:Bag><rdf:li")
        if made.maybe():
            made.keep(f' stRef:instanceID="i" {made.xmp}:Rating="1" imgrank:rank="4"/>')
        else:
            made.keep(f' rdf:parseType="Resource"><{made.xmp}:Rating>1</{made.xmp}:Rating></rdf:li>')
        made.keep("</rdf:Bag></xmpMM:Ingredients>")
    elif part == "comment" and made.maybe(0.3):
        made.keep(f"<!-- <{made.xmp}:Rating>1</{made.xmp}:Rating> -->")
    elif part == "text":
        made.space()
