import { queryOptions } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { ModelList } from "@/lib/api/gen/chat/types.gen";

/** The models this deployment offers; they change only with it. */
export function modelsQuery() {
  return queryOptions({
    queryKey: ["models"],
    queryFn: ({ signal }) => api<ModelList>("/api/chat/v1/models", { signal }),
    staleTime: Infinity,
  });
}
