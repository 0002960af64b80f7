import { queryOptions } from "@tanstack/react-query";

import type { Health } from "@/features/admin/api/types";
import { api } from "@/lib/api/client";

export function healthQuery() {
  return queryOptions({
    queryKey: ["admin", "health"],
    queryFn: ({ signal }) => api<Health>("/api/admin/v1/health", { signal }),
    refetchInterval: 10_000,
  });
}
