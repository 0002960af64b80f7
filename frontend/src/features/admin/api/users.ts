import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import type { AdminUser } from "@/features/admin/api/types";
import { api } from "@/lib/api/client";
import type { PageOf } from "@/lib/api/types";

const path = "/api/admin/v1/users";

export function usersQuery() {
  return infiniteQueryOptions({
    queryKey: ["admin", "users"],
    queryFn: ({ pageParam, signal }) =>
      api<PageOf<AdminUser>>(path, { query: { page_size: 50, page_token: pageParam }, signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_page_token || undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}

export type UserChange = { id: string; roles?: string[]; suspended?: boolean };

export function useUpdateUser() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...change }: UserChange) => api<AdminUser>(`${path}/${id}`, { method: "PATCH", body: change }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["admin"] }),
  });
}
