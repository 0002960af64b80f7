import { useMutation, useQueryClient } from "@tanstack/react-query";

import type { Portfolio } from "@/features/portfolio/api/types";
import { api } from "@/lib/api/client";
import type { NewPortfolioModel } from "@/lib/api/gen/stock/types.gen";

export function useCreatePortfolio() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ portfolio, idempotencyKey }: { portfolio: NewPortfolioModel; idempotencyKey: string }) =>
      api<Portfolio>("/api/stock/v1/portfolios", { method: "POST", body: portfolio, idempotencyKey }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["portfolios"] }),
  });
}
