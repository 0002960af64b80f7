import { infiniteQueryOptions } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { TrailModel } from "@/lib/api/gen/stock/types.gen";

/** Which figure, over which days and against what: as in the call the figure itself came from. */
export type TrailAsk = {
  portfolioId: string;
  figure: string;
  query?: Record<string, string | number | boolean>;
};

const pageSize = 100;

export function trailQuery({ portfolioId, figure, query }: TrailAsk) {
  return infiniteQueryOptions({
    queryKey: ["portfolio", portfolioId, "trail", figure, query],
    queryFn: ({ signal, pageParam }) =>
      api<TrailModel>(`/api/stock/v1/portfolios/${portfolioId}/trail`, {
        query: { ...query, figure, page_size: pageSize, page_token: pageParam },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (page: TrailModel) => (page.next_page_token === "" ? undefined : page.next_page_token),
  });
}
