import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { RecordedTransaction, RecordTransactionsData, TransactionPage } from "@/lib/api/gen/stock/types.gen";

function path(portfolioId: string): string {
  return `/api/stock/v1/portfolios/${portfolioId}/transactions`;
}

/** The latest entries, as many pages of them as were asked for. */
export function latestTransactionsQuery(portfolioId: string) {
  return infiniteQueryOptions({
    queryKey: ["portfolio", portfolioId, "transactions"],
    queryFn: ({ pageParam, signal }) =>
      api<TransactionPage>(path(portfolioId), {
        query: { order_by: "date desc", page_size: 50, page_token: pageParam },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_page_token || undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}

/** Amounts as typed: decimal strings. */
export type NewTransaction = { date: string; type: string; lots?: { lot_id: string; quantity: string }[] } & Partial<
  Record<
    | "symbol"
    | "new_symbol"
    | "quantity"
    | "price"
    | "amount"
    | "fee"
    | "tax"
    | "currency"
    | "ratio"
    | "cost_basis"
    | "cost_fraction"
    | "amount_per_share"
    | "acquired"
    | "account_id"
    | "to_account_id"
    | "note",
    string
  >
>;

export function useRecordTransaction(portfolioId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ transaction, idempotencyKey }: { transaction: NewTransaction; idempotencyKey: string }) =>
      api<RecordedTransaction>(path(portfolioId), {
        method: "POST",
        body: transaction satisfies RecordTransactionsData["body"],
        idempotencyKey,
      }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["portfolio", portfolioId] }),
  });
}

/** Appends the reversal of an entry; everything derived from the ledger is asked for again. */
export function useDeleteTransaction(portfolioId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (transactionId: string) =>
      api<undefined>(`${path(portfolioId)}/${transactionId}`, { method: "DELETE" }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["portfolio", portfolioId] }),
  });
}
