import { useMutation } from "@tanstack/react-query";

import { send } from "@/lib/api/client";

export type ExportFormat = "markdown" | "json";

/** Saves a conversation as a file under the name the service gives it. */
export function useExport() {
  return useMutation({
    mutationFn: async ({ conversationId, format }: { conversationId: string; format: ExportFormat }) => {
      const response = await send(`/api/chat/v1/conversations/${conversationId}/export`, {
        query: { format },
        headers: { accept: "*/*" },
      });
      const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1];
      const address = URL.createObjectURL(await response.blob());
      const link = document.createElement("a");
      link.href = address;
      link.download = name ?? conversationId;
      link.click();
      URL.revokeObjectURL(address);
    },
  });
}
