import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import type { Transaction } from "@/features/portfolio/api/types";
import { api } from "@/lib/api/client";
import type { RecordedTransaction, RecordTransactionsData, TransactionPage } from "@/lib/api/gen/stock/types.gen";

function path(portfolioId: string): string {
  return `/api/stock/v1/portfolios/${portfolioId}/transactions`;
}

/** The whole ledger, newest day first. The API lists in the order of entry, so its last page has what matters most. */
export function transactionsQuery(portfolioId: string) {
  return queryOptions({
    queryKey: ["portfolio", portfolioId, "transactions"],
    queryFn: async ({ signal }) => {
      const entries: Transaction[] = [];
      let token: string | undefined;
      do {
        const page: TransactionPage = await api(path(portfolioId), {
          query: { page_size: 500, page_token: token },
          signal,
        });
        entries.push(...page.items);
        token = page.next_page_token;
      } while (token !== undefined && token !== "");
      return entries.sort((left, right) => right.date.localeCompare(left.date) || right.sequence - left.sequence);
    },
  });
}

/** Amounts as typed: decimal strings. */
export type NewTransaction = { date: string; type: string } & Partial<
  Record<
    | "symbol"
    | "quantity"
    | "price"
    | "amount"
    | "fee"
    | "tax"
    | "currency"
    | "ratio"
    | "cost_basis"
    | "acquired"
    | "account_id"
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
