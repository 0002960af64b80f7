import type { Kind } from "@/features/reports/api/analyses";

export const kinds = {
  portfolio: { label: "Portfolio analysis", about: "Holdings, returns, risk and allocation in one" },
  optimisation: { label: "Optimisation", about: "Weights by a method, and the trades towards them" },
  projection: { label: "Projection", about: "Where the value may go, with savings or without" },
  tax_lots: { label: "Tax-lot report", about: "Sales lot by lot and what is still held, as PDF and CSV" },
  statement: { label: "Statement", about: "A period in one document, as PDF" },
} as const satisfies Record<Kind, { label: string; about: string }>;

export function labelOf(kind: string): string {
  return Object.hasOwn(kinds, kind) ? kinds[kind as Kind].label : kind;
}

export function isKind(text: string): text is Kind {
  return Object.hasOwn(kinds, text);
}
