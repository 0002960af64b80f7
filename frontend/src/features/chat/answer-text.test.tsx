import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { AnswerText } from "@/features/chat/answer-text";
import type { Citation, Receipt } from "@/features/chat/api/types";

/** A receipt for the nth standing of a figure in the text, its span in code points as the server counts. */
function receiptFor(text: string, value: string, status: Receipt["status"], nth = 0): Receipt {
  let at = -1;
  for (let found = 0; found <= nth; found += 1) at = text.indexOf(value, at + 1);
  const start = Array.from(text.slice(0, at)).length;
  return { span: [start, start + value.length], value, status, call_id: "c1", path: "$.x" };
}

function show(text: string, receipts: Receipt[], citations: Citation[] = []) {
  const onReceipt = vi.fn();
  const onCitation = vi.fn();
  render(
    <AnswerText text={text} receipts={receipts} citations={citations} onReceipt={onReceipt} onCitation={onCitation} />,
  );
  return { onReceipt, onCitation };
}

test("figures become buttons that name their status", async () => {
  const text = "You gained **12.34%** and hold $1,000.50, or 7.7% of it.";
  const receipts = [
    receiptFor(text, "12.34%", "matched"),
    receiptFor(text, "$1,000.50", "derived"),
    receiptFor(text, "7.7%", "unmatched"),
  ];
  const { onReceipt } = show(text, receipts);
  expect(screen.getByRole("button", { name: "Receipt: $1,000.50 (derived)" })).toBeVisible();
  expect(screen.getByRole("button", { name: "Receipt: 7.7% (unmatched)" })).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Receipt: 12.34% (matched)" }));
  expect(onReceipt).toHaveBeenCalledWith(receipts[0]);
});

test("spans count code points, and the same figure twice is told apart", () => {
  const text = "📈📈 It rose 5% in May and 5% in June.";
  show(text, [receiptFor(text, "5%", "matched", 1)]);
  expect(screen.getAllByRole("button")).toHaveLength(1);
  expect(screen.getByText(/It rose 5% in May and/)).toBeVisible();
});

test("figures in tables, lists and after escapes are found", () => {
  const text = "- a \\* star then 3.10%\n\n| Name | Return |\n| --- | --- |\n| AAPL | 30.9% |\n";
  show(text, [receiptFor(text, "3.10%", "matched"), receiptFor(text, "30.9%", "matched")]);
  expect(screen.getByRole("button", { name: "Receipt: 3.10% (matched)" })).toBeVisible();
  expect(screen.getByRole("button", { name: "Receipt: 30.9% (matched)" }).closest("td")).not.toBeNull();
});

test("known citation numbers open their passage, others stay text", async () => {
  const citation = { index: 2, document_id: "doc_1", page: 3, quote: "…" };
  const { onCitation } = show("The fee is low [2], they say [7].", [], [citation]);
  await userEvent.click(screen.getByRole("button", { name: "Citation 2" }));
  expect(onCitation).toHaveBeenCalledWith(citation);
  expect(screen.queryByRole("button", { name: "Citation 7" })).toBeNull();
});

test("an answer brings neither markup nor images nor script addresses", () => {
  const { container } = render(
    <AnswerText
      text={'<b onclick="x()">hi</b> ![spy](https://evil.example/p.png) [go](javascript:alert(1)) <mark>1</mark>'}
      receipts={[]}
      citations={[]}
      onReceipt={vi.fn()}
      onCitation={vi.fn()}
    />,
  );
  expect(container.querySelector("img, b, mark")).toBeNull();
  expect(container.querySelector("a, button")).toBeNull();
  expect(container).toHaveTextContent("go");
});

test("a link to another host is text until it is clicked, then its whole address", async () => {
  const { container } = render(
    <AnswerText
      text={"See [the report](https://evil.example/?q=secret) or <https://other.example/x>."}
      receipts={[]}
      citations={[]}
      onReceipt={vi.fn()}
      onCitation={vi.fn()}
    />,
  );
  expect(container.querySelector("a")).toBeNull();
  expect(container.innerHTML).not.toContain("q=secret");
  await userEvent.click(screen.getByRole("button", { name: /the report/ }));
  const link = screen.getByRole("link", { name: "https://evil.example/?q=secret" });
  expect(link).toHaveAttribute("rel", "noreferrer noopener");
});

test("a link within this site is a link", () => {
  show("See [your documents](/documents).", []);
  expect(screen.getByRole("link", { name: "your documents" })).toHaveAttribute(
    "href",
    new URL("/documents", window.location.href).href,
  );
});
