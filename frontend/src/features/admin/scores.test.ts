import { expect, test } from "vitest";

import { formatPoints, runBefore, score, share } from "@/features/admin/scores";
import { aRun } from "@/features/admin/testing";

test("a share of nothing is none", () => {
  expect(share({ met: 0, asked: 0 })).toBeNull();
  expect(share({ met: 3, asked: 4 })).toBe(0.75);
  expect(score({ passed: 1, cases: 2 })).toBe(0.5);
});

test("a run is compared with the one before it of the same model and the same questions asked", () => {
  const runs = [
    aRun({ id: "5" }),
    aRun({ id: "4", only: ["risk"] }),
    aRun({ id: "3", model: "another" }),
    aRun({ id: "2" }),
    aRun({ id: "1" }),
  ];
  expect(runs.map((run) => runBefore(runs, run)?.id)).toEqual(["2", undefined, undefined, "1", undefined]);
});

test("changes are told in points with their sign", () => {
  expect([0.0123, -0.05, 0.0001].map(formatPoints)).toEqual(["+1.2", "\u22125.0", "0.0"]);
});
