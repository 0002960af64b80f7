import { useEffect, useRef, type ReactNode } from "react";

import type { JsonPath } from "@/features/chat/json-path";

const shownItems = 6;

type Props = { value: unknown; highlights?: readonly JsonPath[] };

/** JSON to read, the named places marked and brought into view. Long lists show their ends and what is marked. */
export function JsonView({ value, highlights = [] }: Props) {
  const holder = useRef<HTMLPreElement>(null);
  const places = highlights.map((path) => pathKey(path)).join(" ");
  useEffect(() => {
    const mark = holder.current?.querySelector("mark");
    // jsdom and old browsers lack it; the place is then found by eye.
    if (mark instanceof HTMLElement && "scrollIntoView" in mark) mark.scrollIntoView({ block: "center" });
  }, [places]);
  return (
    <pre
      ref={holder}
      tabIndex={0}
      className="max-h-96 overflow-auto rounded-lg bg-raised p-3 font-mono text-xs leading-relaxed"
    >
      <Node value={value} path={[]} indent="" highlights={highlights} />
    </pre>
  );
}

type NodeProps = { value: unknown; path: JsonPath; indent: string; highlights: readonly JsonPath[] };

function Node({ value, path, indent, highlights }: NodeProps): ReactNode {
  const body = <Body value={value} path={path} indent={indent} highlights={highlights} />;
  const marked = path.length > 0 && highlights.some((highlight) => pathKey(highlight) === pathKey(path));
  return marked ? (
    <mark className="rounded bg-accent-soft px-0.5 text-ink outline-2 outline-accent">{body}</mark>
  ) : (
    body
  );
}

function Body({ value, path, indent, highlights }: NodeProps): ReactNode {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) as ReactNode;
  const deeper = `${indent}  `;
  const isList = Array.isArray(value);
  const entries = isList
    ? value.map((item: unknown, index): [string | number, unknown] => [index, item])
    : Object.entries(value);
  if (entries.length === 0) return isList ? "[]" : "{}";
  const onTheWay = (key: string | number) => highlights.some((highlight) => startsWith(highlight, [...path, key]));
  const lines: ReactNode[] = [];
  let skipped = 0;
  entries.forEach(([key, item], position) => {
    const last = position === entries.length - 1;
    if (isList && position >= shownItems && !last && !onTheWay(key)) {
      skipped += 1;
      return;
    }
    lines.push(
      <span key={key}>
        {skipped > 0 && `\n${deeper}… ${skipped} more`}
        {`\n${deeper}`}
        {!isList && <span className="text-muted">{JSON.stringify(key)}: </span>}
        <Node value={item} path={[...path, key]} indent={deeper} highlights={highlights} />
        {!last && ","}
      </span>,
    );
    skipped = 0;
  });
  return (
    <>
      {isList ? "[" : "{"}
      {lines}
      {`\n${indent}`}
      {isList ? "]" : "}"}
    </>
  );
}

function startsWith(path: JsonPath, prefix: JsonPath): boolean {
  return prefix.every((key, position) => path[position] === key);
}

function pathKey(path: JsonPath): string {
  return JSON.stringify(path);
}
