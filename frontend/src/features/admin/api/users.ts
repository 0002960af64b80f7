import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import type { AdminUser } from "@/features/admin/api/types";
import { api } from "@/lib/api/client";
import type { UserList, UserPatch } from "@/lib/api/gen/admin/types.gen";

const path = "/api/admin/v1/users";

export function usersQuery() {
  return infiniteQueryOptions({
    queryKey: ["admin", "users"],
    queryFn: ({ pageParam, signal }) =>
      api<UserList>(path, { query: { page_size: 50, page_token: pageParam }, signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_page_token || undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}

/** `version` is that of the row the change was made on: a newer one refuses it. */
export type UserChange = UserPatch & { id: string };

export function useUpdateUser() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...change }: UserChange) => api<AdminUser>(`${path}/${id}`, { method: "PATCH", body: change }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["admin"] }),
  });
}
