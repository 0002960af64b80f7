export type JsonPath = readonly (string | number)[];

/** One value a receipt names: its place in the tool result, and whether the figure is the length of the list there. */
export type Operand = { path: JsonPath; count: boolean };

const step = String.raw`\.[A-Za-z_][A-Za-z0-9_]*|\[\d+\]|\["(?:[^"\\]|\\.)*"\]|\['(?:[^'\\]|\\.)*'\]`;
const operandPattern = new RegExp(String.raw`(count\()?\$((?:${step})*)`, "g");
const stepPattern = new RegExp(step, "g");

/** Reads a receipt's path: one value, `count(...)` of a list, or values joined by an operator. */
export function operandsOf(expression: string): Operand[] {
  return [...expression.matchAll(operandPattern)].map((match) => ({
    count: match[1] !== undefined,
    path: [...(match[2] ?? "").matchAll(stepPattern)].map(([text]) => stepOf(text)),
  }));
}

/** What stands at the path; undefined when nothing does. */
export function valueAt(root: unknown, path: JsonPath): unknown {
  let node = root;
  for (const key of path) {
    if (typeof node !== "object" || node === null) return undefined;
    node = (node as Record<string | number, unknown>)[key];
  }
  return node;
}

function stepOf(text: string): string | number {
  if (text.startsWith(".")) return text.slice(1);
  const inner = text.slice(1, -1);
  if (/^\d+$/.test(inner)) return Number.parseInt(inner, 10);
  return inner.slice(1, -1).replace(/\\(.)/g, "$1");
}
