import type { EntryType } from "@/lib/api/gen/stock/types.gen";

/** All types of entries, the usual ones first. */
export const entryTypes = [
  "buy",
  "sell",
  "deposit",
  "withdrawal",
  "dividend",
  "reinvest",
  "interest",
  "fee",
  "tax",
  "split",
  "opening",
  "transfer_in",
  "transfer_out",
  "spin_off",
  "merger",
] as const satisfies readonly EntryType[];
