import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
  type QueryClient,
} from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { AnalysisKind, AnalysisModel, AnalysisPage, NewAnalysisModel } from "@/lib/api/gen/stock/types.gen";
import { live, type LiveMessage } from "@/lib/live";

/** While one is on its way it is asked for: rarely when the socket tells it too, often when not. */
const pollMs = { live: 5_000, alone: 1_500 } as const;
/** Addresses of files hold for ten minutes; an open report gets new ones before that. */
const linksMs = 8 * 60_000;

export type Analysis = AnalysisModel;
export type Kind = AnalysisKind;
export type NewAnalysis = NewAnalysisModel;

export function isSettled(analysis: Pick<Analysis, "state">): boolean {
  return analysis.state === "done" || analysis.state === "failed";
}

function pollEvery(): number {
  return live.getStatus() === "live" ? pollMs.live : pollMs.alone;
}

export function analysesQuery(portfolioId: string) {
  return infiniteQueryOptions({
    queryKey: ["analyses", "of", portfolioId],
    queryFn: ({ pageParam, signal }) =>
      api<AnalysisPage>(`/api/stock/v1/portfolios/${portfolioId}/analyses`, {
        query: { page_size: 20, page_token: pageParam },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_page_token || undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some((analysis) => !isSettled(analysis))) === true
        ? pollEvery()
        : false,
  });
}

/** One analysis with its result and the addresses of its files. */
export function analysisQuery(id: string) {
  return queryOptions({
    queryKey: ["analyses", "one", id],
    queryFn: ({ signal }) => api<Analysis>(`/api/stock/v1/analyses/${id}`, { signal }),
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data === undefined || isSettled(state.data) ? linksMs : pollEvery()),
  });
}

/**
 * Takes what the socket tells of a job. Steps are shown at once; the row behind them, and how it ended, is asked for.
 */
export function takeJob(queryClient: QueryClient, portfolioId: string, message: LiveMessage): void {
  const { analysis_id: id, progress, state, current_step: step } = message;
  if (typeof id !== "string") return;
  if (typeof progress === "number" && state === "running") {
    queryClient.setQueryData(analysesQuery(portfolioId).queryKey, (data) =>
      data === undefined
        ? data
        : {
            ...data,
            pages: data.pages.map((page) => ({
              ...page,
              items: page.items.map((item) =>
                item.id === id && !isSettled(item) && progress >= item.progress
                  ? { ...item, state: "running", progress, current_step: typeof step === "string" ? step : null }
                  : item,
              ),
            })),
          },
    );
    void queryClient.invalidateQueries({ queryKey: analysisQuery(id).queryKey });
    return;
  }
  void queryClient.invalidateQueries({ queryKey: ["analyses"] });
}

export function useStartAnalysis(portfolioId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ analysis, idempotencyKey }: { analysis: NewAnalysis; idempotencyKey: string }) =>
      api<Analysis>(`/api/stock/v1/portfolios/${portfolioId}/analyses`, {
        method: "POST",
        body: analysis,
        idempotencyKey,
      }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["analyses", "of", portfolioId] }),
  });
}

export function useCancelAnalysis() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id, idempotencyKey }: { id: string; idempotencyKey: string }) =>
      api<Analysis>(`/api/stock/v1/analyses/${id}:cancel`, { method: "POST", idempotencyKey }),
    // It may have ended in the meantime, which is a refusal with news in it.
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["analyses"] }),
  });
}
