import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { AuditList } from "@/lib/api/gen/admin/types.gen";

/** Events of one day in UTC, newest first; an empty day means today. */
export function auditQuery(day: string, action: string) {
  return infiniteQueryOptions({
    queryKey: ["admin", "audit", day, action],
    queryFn: ({ pageParam, signal }) =>
      api<AuditList>("/api/admin/v1/audit", {
        query: { day, action, page_size: 50, page_token: pageParam },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_page_token || undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
    placeholderData: keepPreviousData,
  });
}
