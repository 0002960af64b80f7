import type { Element, ElementContent, Root, Text } from "hast";

import type { Receipt } from "@/features/chat/api/types";

/** A stretch of the source to be shown as an element of its own, in UTF-16 offsets. */
type Stretch = { start: number; end: number; tagName: "mark" | "cite"; index: number };

/**
 * A rehype plugin that wraps each figure with a receipt in `<mark data-index>` and each citation number in
 * `<cite data-index>`. Places are found by the source positions of the text nodes, so markup around a figure, or the same
 * number standing twice, cannot mislead it. It runs after sanitising: what it adds is ours.
 */
export function markFigures({
  source,
  receipts,
  citations,
}: {
  source: string;
  receipts: readonly Receipt[];
  citations: ReadonlySet<number>;
}) {
  const stretches = [...receiptStretches(source, receipts), ...citationStretches(source, citations)].sort(
    (left, right) => left.start - right.start,
  );
  return (tree: Root) => {
    if (stretches.length > 0) markWithin(tree, source, stretches);
  };
}

function receiptStretches(source: string, receipts: readonly Receipt[]): Stretch[] {
  const offsets = utf16Offsets(source);
  return receipts.flatMap(({ span: [first, last] }, index): Stretch[] => {
    const start = offsets[first];
    const end = offsets[last];
    return start === undefined || end === undefined || end <= start ? [] : [{ start, end, tagName: "mark", index }];
  });
}

function citationStretches(source: string, known: ReadonlySet<number>): Stretch[] {
  if (known.size === 0) return [];
  return [...source.matchAll(/\[\d{1,3}(?:\s*,\s*\d{1,3})*\]/g)].flatMap((bracket) =>
    [...bracket[0].matchAll(/\d+/g)].flatMap((number): Stretch[] => {
      const index = Number.parseInt(number[0], 10);
      const start = bracket.index + number.index;
      return known.has(index) ? [{ start, end: start + number[0].length, tagName: "cite", index }] : [];
    }),
  );
}

/** For each code point of the text, and for its end, where it begins in UTF-16 units: receipts count the former. */
function utf16Offsets(text: string): number[] {
  const offsets: number[] = [];
  let at = 0;
  for (const character of text) {
    offsets.push(at);
    at += character.length;
  }
  offsets.push(at);
  return offsets;
}

function markWithin(parent: Root | Element, source: string, stretches: readonly Stretch[]): void {
  parent.children = (parent.children as ElementContent[]).flatMap((child): ElementContent[] => {
    if (child.type === "element") markWithin(child, source, stretches);
    return child.type === "text" ? split(child, source, stretches) : [child];
  });
}

function split(node: Text, source: string, stretches: readonly Stretch[]): ElementContent[] {
  const from = node.position?.start.offset;
  const to = node.position?.end.offset;
  if (from === undefined || to === undefined) return [node];
  const parts: ElementContent[] = [];
  let done = 0;
  for (const stretch of stretches) {
    if (stretch.start < from || stretch.end > to) continue;
    const text = source.slice(stretch.start, stretch.end);
    // Escapes make the shown text shorter than its source, never longer: look no further than the source offset.
    const at = node.value.lastIndexOf(text, stretch.start - from);
    if (at < done) continue;
    if (at > done) parts.push({ type: "text", value: node.value.slice(done, at) });
    parts.push({
      type: "element",
      tagName: stretch.tagName,
      properties: { dataIndex: stretch.index },
      children: [{ type: "text", value: text }],
    });
    done = at + text.length;
  }
  if (done === 0) return [node];
  if (done < node.value.length) parts.push({ type: "text", value: node.value.slice(done) });
  return parts;
}
