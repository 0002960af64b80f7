import { queryOptions } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { HealthModel } from "@/lib/api/gen/admin/types.gen";

export function healthQuery() {
  return queryOptions({
    queryKey: ["admin", "health"],
    queryFn: ({ signal }) => api<HealthModel>("/api/admin/v1/health", { signal }),
    refetchInterval: 10_000,
  });
}
