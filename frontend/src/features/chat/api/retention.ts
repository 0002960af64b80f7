import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { RetentionBody } from "@/lib/api/gen/chat/types.gen";

const path = "/api/chat/v1/retention";

export type Keep = RetentionBody["keep"];

export function retentionQuery() {
  return queryOptions({
    queryKey: ["retention"],
    queryFn: ({ signal }) => api<RetentionBody>(path, { signal }),
  });
}

export function useChooseRetention() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (keep: Keep) => api<RetentionBody>(path, { method: "PUT", body: { keep } }),
    onSuccess: async (chosen) => {
      queryClient.setQueryData(retentionQuery().queryKey, chosen);
      await queryClient.invalidateQueries({ queryKey: ["conversations"] });
    },
  });
}
