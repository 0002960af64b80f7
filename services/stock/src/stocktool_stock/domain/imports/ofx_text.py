"""OFX as text: version 1 is SGML whose leaves need no end tag, version 2 is XML. Both are tags and text, no more.

Written here rather than taken from a library: ofxtools, the well-kept one, is under the GPL, and an XML parser would
bring entities with it. Nothing but tags and text is understood, so there is nothing to expand. Tests compare with
ofxtools.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from stocktool_stock.domain.imports.options import MAX_ROWS, too_long, unreadable

_TAG = re.compile(r"<(/?)([A-Za-z0-9._]{1,64})\s*(/?)>([^<]*)", re.ASCII)
_END = re.compile(r"</([A-Za-z0-9._]{1,64})\s*>", re.ASCII)
_CDATA = re.compile(r"<!\[CDATA\[([^\]]{0,10000})\]\]>")
_NUMBERED = re.compile(r"&#([0-9]{1,7});", re.ASCII)
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&nbsp;": " ", "&quot;": '"', "&apos;": "'"}
_MAX_DEPTH = 64
_MAX_TAGS = 40 * MAX_ROWS


@dataclass(slots=True)
class Node:
    """An aggregate with its leaves and aggregates, or a leaf with its text."""

    tag: str
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def find(self, *path: str) -> Node | None:
        """The first node under this path."""
        node: Node | None = self
        for tag in path:
            node = None if node is None else next((child for child in node.children if child.tag == tag), None)
        return node

    def said(self, *path: str) -> str:
        """The text of the leaf under this path, empty when there is none."""
        node = self.find(*path)
        return "" if node is None else node.text

    def all(self, tag: str) -> Iterator[Node]:
        """Every node of a tag below, in order."""
        for child in self.children:
            if child.tag == tag:
                yield child
            else:
                yield from child.all(tag)


def is_ofx(text: str) -> bool:
    """Whether a text looks like OFX."""
    start = text[:4000].upper()
    return "<OFX>" in start or start.lstrip("\ufeff \r\n").startswith("OFXHEADER")


def parse_ofx(text: str) -> Node:
    """Parse the body of an OFX file.

    Raises:
        UnreadableFile: There is no `<OFX>`, tags nest too deep, or there are too many.
    """
    begin = text.upper().find("<OFX>")
    if begin < 0:
        raise unreadable("has no <OFX> in it")
    root = Node("")
    stack = [root]
    body = _CDATA.sub(lambda match: match[1].replace("&", "&amp;").replace("<", "&lt;"), text[begin:])
    aggregates = {match[1].upper() for match in _END.finditer(body)}
    for count, match in enumerate(_TAG.finditer(body)):
        if count > _MAX_TAGS:
            raise too_long()
        closing, tag, empty, data = match[1], match[2].upper(), match[3], _plain(match[4])
        if closing:
            # A leaf's end tag closes nothing, since leaves are not on the stack; others close what was left open too.
            for depth in range(len(stack) - 1, 0, -1):
                if stack[depth].tag == tag:
                    del stack[depth:]
                    break
            continue
        node = Node(tag, data)
        stack[-1].children.append(node)
        if not data and not empty and tag in aggregates:  # an empty leaf of version 1 is never ended
            if len(stack) >= _MAX_DEPTH:
                raise unreadable(f"nests its tags more than {_MAX_DEPTH} deep")
            stack.append(node)
    return root


def _character(match: re.Match[str]) -> str:
    code = int(match[1])
    return chr(code) if 32 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF else " "


def _plain(text: str) -> str:
    text = text.strip()
    if "&" in text:
        for entity, character in _ENTITIES.items():
            text = text.replace(entity, character)
        text = _NUMBERED.sub(_character, text)
        text = text.replace("&amp;", "&")
    return text
