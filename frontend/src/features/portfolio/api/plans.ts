import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { ApiError } from "@/lib/api/api-error";
import { api, newIdempotencyKey } from "@/lib/api/client";
import type {
  NewTargetsBody,
  OptimisationModel,
  OptimiseBody,
  PortfolioProjectionBody,
  PortfolioProjectionModel,
  RebalanceBody,
  RebalanceModel,
  TargetsModel,
  WhatIfBody,
  WhatIfModel,
} from "@/lib/api/gen/stock/types.gen";

function path(portfolioId: string, what: string): string {
  return `/api/stock/v1/portfolios/${portfolioId}/${what}`;
}

const targetsKey = (portfolioId: string) => ["portfolio", portfolioId, "targets"];

/** The weights that are aimed at; null when none are set. */
export function targetsQuery(portfolioId: string) {
  return queryOptions({
    queryKey: targetsKey(portfolioId),
    queryFn: async ({ signal }) => {
      try {
        return await api<TargetsModel>(path(portfolioId, "targets"), { signal });
      } catch (error) {
        if (error instanceof ApiError && error.reason === "TARGETS_NOT_SET") return null;
        throw error;
      }
    },
  });
}

export function useSaveTargets(portfolioId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: NewTargetsBody) =>
      api<TargetsModel>(path(portfolioId, "targets"), {
        method: "PUT",
        body,
        idempotencyKey: newIdempotencyKey(),
      }),
    onSuccess: (targets) => queryClient.setQueryData(targetsKey(portfolioId), targets),
  });
}

export function useDeleteTargets(portfolioId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => api<undefined>(path(portfolioId, "targets"), { method: "DELETE" }),
    onSuccess: () => queryClient.setQueryData(targetsKey(portfolioId), null),
  });
}

/** What is computed here is stored nowhere: pressing the button again computes it again. */
function useComputed<Body, Answer>(portfolioId: string, what: string) {
  return useMutation({
    mutationFn: (body: Body) => api<Answer>(path(portfolioId, what), { method: "POST", body }),
  });
}

export const useRebalance = (portfolioId: string) =>
  useComputed<RebalanceBody, RebalanceModel>(portfolioId, "rebalance");

export const useWhatIf = (portfolioId: string) => useComputed<WhatIfBody, WhatIfModel>(portfolioId, "what-if");

export const useOptimise = (portfolioId: string) =>
  useComputed<OptimiseBody, OptimisationModel>(portfolioId, "optimise");

export const useProjection = (portfolioId: string) =>
  useComputed<PortfolioProjectionBody, PortfolioProjectionModel>(portfolioId, "projection");
