import type { Citation } from "@/features/chat/api/types";

const notes = {
  deleted: "The document was deleted, and its words with it.",
  changed: "The page reads otherwise now; these words are gone.",
  unavailable: "The document could not be asked for these words at the moment.",
} as const;

export const unverified = "Unverified: these words were not found on that page.";

/** What stands in place of a quote that cannot be shown; undefined when it can, as in turns that keep no state. */
export function goneNote(state: Citation["state"]): string | undefined {
  return state === undefined || state === "shown" ? undefined : notes[state];
}

/** What a reader should know before trusting a citation. */
export function doubtsOf(citation: Citation): string[] {
  const doubts: string[] = [];
  if (citation.verified === false) doubts.push(unverified);
  if (citation.quotations?.some((quotation) => quotation.verified === false)) {
    doubts.push("Unverified: the answer quotes words that are not on that page.");
  }
  return doubts;
}
