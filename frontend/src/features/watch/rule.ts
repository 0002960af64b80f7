import { shiftPoint } from "@/features/watch/shift-point";
import type { NewAlertModel } from "@/lib/api/gen/stock/types.gen";

/** A rule as the API has it. */
export type Rule = NewAlertModel["rule"];

export const leafKinds = ["price", "move", "weight", "drawdown", "stale", "earnings"] as const;
export const joinKinds = ["all", "any", "not"] as const;
export type LeafKind = (typeof leafKinds)[number];
export type Kind = LeafKind | (typeof joinKinds)[number];

export const mostLeaves = 8;
export const mostDepth = 4;

/** A rule while it is being written: every field as typed, percent as percent; which ones count says the kind. */
export type DraftRule = {
  /** Tells members apart while they move; never sent. */
  key: string;
  kind: Kind;
  symbol: string;
  portfolioId: string;
  side: "above" | "below";
  level: string;
  currency: string;
  days: string;
  hours: string;
  of: readonly DraftRule[];
};

/** Fields of each condition, in the order they are asked for. */
export const fieldsOf = {
  price: ["symbol", "side", "level", "currency"],
  move: ["symbol", "side", "level", "days"],
  weight: ["portfolioId", "symbol", "side", "level"],
  drawdown: ["portfolioId", "level", "days"],
  stale: ["symbol", "hours"],
  earnings: ["symbol", "days"],
} as const satisfies Record<LeafKind, readonly (keyof DraftRule)[]>;

const percentKinds: readonly string[] = ["move", "weight", "drawdown"];

export function isPercent(kind: string): boolean {
  return percentKinds.includes(kind);
}

let drafts = 0;

export function aDraft(part: Partial<DraftRule> = {}): DraftRule {
  drafts += 1;
  return {
    key: `rule-${drafts}`,
    kind: "price",
    symbol: "",
    portfolioId: "",
    side: "above",
    level: "",
    currency: "",
    days: "",
    hours: "",
    of: [],
    ...part,
  };
}

/** The rule of a draft. What was not filled in is left out or sent as it stands: the server names the place. */
export function toRule(draft: DraftRule): Rule {
  const { kind } = draft;
  if (kind === "not") return { kind, of: draft.of[0] === undefined ? undefined : toRule(draft.of[0]) };
  if (kind === "all" || kind === "any") return { kind, of: draft.of.map(toRule) };
  const rule: Rule = { kind };
  const fields: readonly string[] = fieldsOf[kind];
  if (fields.includes("symbol")) rule.symbol = draft.symbol.trim().toUpperCase();
  if (fields.includes("portfolioId")) rule.portfolio_id = draft.portfolioId;
  if (fields.includes("level")) {
    const level = draft.level.trim();
    // Only a drawdown has one side.
    rule[kind === "drawdown" ? "above" : draft.side] = isPercent(kind) ? shiftPoint(level, -2) : level;
  }
  if (fields.includes("currency") && draft.currency.trim() !== "") rule.currency = draft.currency.trim().toUpperCase();
  // Counts, not amounts: numbers on the wire. What is no number stays out, and the server says what is missing.
  if (fields.includes("days")) Object.assign(rule, numberAt("days", draft.days));
  if (fields.includes("hours")) Object.assign(rule, numberAt("hours", draft.hours));
  return rule;
}

function numberAt(name: "days" | "hours", typed: string): Partial<Record<"days" | "hours", number>> {
  const value = Number(typed.trim());
  return typed.trim() === "" || Number.isNaN(value) ? {} : { [name]: value };
}

export function toDraft(rule: Rule): DraftRule {
  const level = String(rule.above ?? rule.below ?? "");
  return aDraft({
    kind: rule.kind,
    symbol: rule.symbol ?? "",
    portfolioId: rule.portfolio_id ?? "",
    side: rule.below === undefined ? "above" : "below",
    level: isPercent(rule.kind) ? shiftPoint(level, 2) : level,
    currency: rule.currency ?? "",
    days: rule.days === undefined ? "" : String(rule.days),
    hours: rule.hours === undefined ? "" : String(rule.hours),
    of: membersOf(rule).map(toDraft),
  });
}

/** Members of a join; of `not` the one. The contract has them as anything, since a schema cannot hold itself. */
export function membersOf(rule: Rule): Rule[] {
  if (Array.isArray(rule.of)) return rule.of as Rule[];
  return rule.of === undefined || rule.of === null ? [] : [rule.of as Rule];
}

/** The condition at a pointer such as "/rule/of/1", undefined where there is none. */
export function ruleAt(rule: Rule, pointer: string): Rule | undefined {
  let found: Rule | undefined = rule;
  for (const [, index] of pointer.replace(/^\/rule/, "").matchAll(/\/of(?:\/(\d+))?/g)) {
    found = found === undefined ? undefined : membersOf(found)[Number(index ?? 0)];
  }
  return found;
}

/** The place of a member, as the server names it. */
export function memberPointer(kind: Kind, pointer: string, index: number): string {
  return kind === "not" ? `${pointer}/of` : `${pointer}/of/${index}`;
}

export function countLeaves(draft: DraftRule): number {
  if (isLeaf(draft.kind)) return 1;
  return draft.of.reduce((sum, member) => sum + countLeaves(member), 0);
}

export function isLeaf(kind: Kind): kind is LeafKind {
  return leafKinds.some((leaf) => leaf === kind);
}

/** Turns a rule into another kind: a condition becomes a join's first member, and a join its own first condition. */
export function withKind(draft: DraftRule, kind: Kind): DraftRule {
  const wasLeaf = isLeaf(draft.kind);
  if (isLeaf(kind)) return wasLeaf ? { ...draft, kind } : { ...(firstLeaf(draft) ?? aDraft()), key: draft.key, kind };
  const members = wasLeaf ? [{ ...draft, key: aDraft().key }] : draft.of;
  return aDraft({ key: draft.key, kind, of: kind === "not" ? members.slice(0, 1) : members });
}

function firstLeaf(draft: DraftRule): DraftRule | undefined {
  if (isLeaf(draft.kind)) return draft;
  for (const member of draft.of) {
    const found = firstLeaf(member);
    if (found !== undefined) return found;
  }
  return undefined;
}
