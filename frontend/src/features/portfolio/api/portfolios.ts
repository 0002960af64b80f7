import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import type { Portfolio } from "@/features/portfolio/api/types";
import { api } from "@/lib/api/client";
import type { PageOf } from "@/lib/api/types";

export function portfoliosQuery() {
  return queryOptions({
    queryKey: ["portfolios"],
    queryFn: ({ signal }) => api<PageOf<Portfolio>>("/api/stock/v1/portfolios", { query: { page_size: 500 }, signal }),
    select: (page) => page.items,
  });
}

export type NewPortfolio = { name: string; base_currency: string };

export function useCreatePortfolio() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ portfolio, idempotencyKey }: { portfolio: NewPortfolio; idempotencyKey: string }) =>
      api<Portfolio>("/api/stock/v1/portfolios", { method: "POST", body: portfolio, idempotencyKey }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["portfolios"] }),
  });
}
