import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { EvaluationList, EvaluationModel, EvaluationSummary } from "@/lib/api/gen/admin/types.gen";

export type Evaluation = EvaluationModel;
export type EvaluationRow = EvaluationSummary;

const path = "/api/admin/v1/evaluations";

/** Runs of the golden questions, newest first. */
export function evaluationsQuery() {
  return infiniteQueryOptions({
    queryKey: ["admin", "evaluations"],
    queryFn: ({ pageParam, signal }) =>
      api<EvaluationList>(path, { query: { page_size: 20, page_token: pageParam }, signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_page_token || undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}

/** One run with its families and failures; a stored run never changes. */
export function evaluationQuery(id: string) {
  return queryOptions({
    queryKey: ["admin", "evaluation", id],
    queryFn: ({ signal }) => api<Evaluation>(`${path}/${id}`, { signal }),
    staleTime: Infinity,
  });
}
