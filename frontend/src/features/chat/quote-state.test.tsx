import { render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { Answer } from "@/features/chat/answer";
import type { Citation } from "@/features/chat/api/types";
import { newLiveTurn } from "@/features/chat/turn-events";

const cited: Citation = { index: 1, document_id: "doc_1", page: 4, quote: "It ripens for eleven months." };

function show(citation: Partial<Citation>) {
  render(
    <Answer
      conversationId="cnv_1"
      turnId="trn_1"
      question="How long?"
      answer={{ ...newLiveTurn(), text: "Eleven months [1].", citations: [{ ...cited, ...citation }] }}
      onAskAgain={vi.fn()}
      onOpenDocument={vi.fn()}
    />,
  );
}

test("a quote that stands on its page is shown without a doubt", () => {
  show({ verified: true, state: "shown", quotations: [{ span: [0, 6], verified: true }] });
  expect(screen.getByText(cited.quote)).toBeVisible();
  expect(screen.queryByRole("note")).toBeNull();
});

test("turns of before, which keep no state, are shown as they are", () => {
  show({});
  expect(screen.getByText(cited.quote)).toBeVisible();
  expect(screen.queryByRole("note")).toBeNull();
});

test.each([
  ["deleted", "The document was deleted, and its words with it."],
  ["changed", "The page reads otherwise now; these words are gone."],
  ["unavailable", "The document could not be asked for these words at the moment."],
] as const)("a quote that is %s is said to be", (state, note) => {
  show({ quote: "", state });
  expect(screen.getByText(note)).toBeVisible();
});

test("a quote that is not on its page is marked", () => {
  show({ verified: false });
  expect(screen.getByRole("note")).toHaveTextContent("Unverified: these words were not found on that page.");
});

test("words the answer only claims to quote are marked", () => {
  show({
    verified: true,
    quotations: [
      { span: [0, 6], verified: true },
      { span: [7, 13], verified: false },
    ],
  });
  expect(screen.getByRole("note")).toHaveTextContent("the answer quotes words that are not on that page");
});
