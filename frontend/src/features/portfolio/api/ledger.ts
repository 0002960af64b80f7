import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import type { Transaction } from "@/features/portfolio/api/types";
import { api, newIdempotencyKey } from "@/lib/api/client";
import type { EntryType, TransactionPage } from "@/lib/api/gen/stock/types.gen";

/** What of the ledger is asked for; an empty text is no filter. */
export type LedgerFilters = {
  symbol: string;
  type: EntryType | "";
  account_id: string;
  start: string;
  end: string;
  include_reversed: boolean;
};

export const everything: LedgerFilters = {
  symbol: "",
  type: "",
  account_id: "",
  start: "",
  end: "",
  include_reversed: false,
};

export const ledgerPageSize = 100;

/** One page of entries, the latest day first. */
export function ledgerQuery(portfolioId: string, filters: LedgerFilters, pageToken: string) {
  return queryOptions({
    queryKey: ["portfolio", portfolioId, "ledger", filters, pageToken],
    queryFn: ({ signal }) =>
      api<TransactionPage>(`/api/stock/v1/portfolios/${portfolioId}/transactions`, {
        query: { ...filters, order_by: "date desc", page_size: ledgerPageSize, page_token: pageToken },
        signal,
      }),
    placeholderData: keepPreviousData,
  });
}

/** Lets an entry stand again that was taken back. */
export function useRestoreTransaction(portfolioId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (transactionId: string) =>
      api<Transaction>(`/api/stock/v1/portfolios/${portfolioId}/transactions/${transactionId}:restore`, {
        method: "POST",
        idempotencyKey: newIdempotencyKey(),
      }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["portfolio", portfolioId] }),
  });
}
