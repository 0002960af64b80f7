import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { Span } from "@/features/portfolio/ranges";
import { api } from "@/lib/api/client";
import type {
  ContributionBy,
  ContributionModel,
  IncomeModel,
  RealisedModel,
  XRayModel,
} from "@/lib/api/gen/stock/types.gen";

function path(portfolioId: string, what: string): string {
  return `/api/stock/v1/portfolios/${portfolioId}/${what}`;
}

/** What each part gave to the return of a range; the rows sum to it. */
export function contributionQuery(portfolioId: string, span: Span, by: ContributionBy) {
  return queryOptions({
    queryKey: ["portfolio", portfolioId, "contribution", span, by],
    queryFn: ({ signal }) =>
      api<ContributionModel>(path(portfolioId, "contribution"), { query: { ...span, by }, signal }),
    placeholderData: keepPreviousData,
  });
}

/** Sales of some days, lot by lot; the sums are of all pages. */
export function realisedQuery(portfolioId: string, days: { start: string; end: string }, pageToken: string) {
  return queryOptions({
    queryKey: ["portfolio", portfolioId, "realised", days, pageToken],
    queryFn: ({ signal }) =>
      api<RealisedModel>(path(portfolioId, "realised"), {
        query: { ...days, page_size: 50, page_token: pageToken },
        signal,
      }),
    placeholderData: keepPreviousData,
  });
}

export function incomeQuery(portfolioId: string) {
  return queryOptions({
    queryKey: ["portfolio", portfolioId, "income"],
    queryFn: ({ signal }) => api<IncomeModel>(path(portfolioId, "income"), { signal }),
  });
}

export function xrayQuery(portfolioId: string) {
  return queryOptions({
    queryKey: ["portfolio", portfolioId, "xray"],
    queryFn: ({ signal }) => api<XRayModel>(path(portfolioId, "xray"), { signal }),
  });
}
