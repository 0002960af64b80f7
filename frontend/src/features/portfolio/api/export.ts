import { useMutation } from "@tanstack/react-query";

import { send } from "@/lib/api/client";
import type { ExportFormat } from "@/lib/api/gen/stock/types.gen";

/** Fetches the ledger as a file and hands it to the browser; a plain link could not carry the token. */
export function useExport(portfolioId: string, name: string) {
  return useMutation({
    mutationFn: async (format: ExportFormat) => {
      const response = await send(`/api/stock/v1/portfolios/${portfolioId}/export`, {
        query: { format },
        headers: { accept: "*/*" },
      });
      saveAs(await response.blob(), `${fileName(name)}.${format}`);
    },
  });
}

function saveAs(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

function fileName(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  return plain === "" ? "portfolio" : plain;
}
