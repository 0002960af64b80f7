import type { Evaluation } from "@/features/admin/api/evaluations";

/** A run of the golden questions. */
export function aRun(part: Partial<Evaluation> = {}): Evaluation {
  return {
    id: "20260105T120000Z-1a2b3c",
    at: "2026-01-05T12:00:00Z",
    model: "offline-analyst",
    commit: "abc123def",
    questions: "f00",
    only: [],
    cases: 10,
    passed: 8,
    axes: [
      { name: "plan", met: 9, asked: 10 },
      { name: "citations", met: 0, asked: 0 },
    ],
    seconds: 61,
    receipts: { matched: 90, derived: 8, unmatched: 2 },
    latency: { first_word_p50_ms: 210, first_word_p95_ms: 480, whole_p50_ms: 600, whole_p95_ms: 1500 },
    tokens: { input: 12_000, output: 900 },
    cost: { amount: "0.012500", currency: "USD" },
    families: [{ name: "risk", cases: 10, passed: 8, axes: [{ name: "plan", met: 9, asked: 10 }] }],
    failures: [
      {
        case: "risk-beta",
        family: "risk",
        axis: "plan",
        question: "My beta, please",
        expected: "get_risk",
        got: "no call",
      },
    ],
    ...part,
  };
}
