import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { sendFile } from "@/features/documents/api/send-file";
import { newIdempotencyKey } from "@/lib/api/client";

export type UploadInProgress = {
  key: string;
  name: string;
  fraction: number;
  error: unknown;
  cancel: () => void;
  retry: () => void;
};

export type Uploads = {
  uploads: readonly UploadInProgress[];
  add: (files: Iterable<File>) => void;
  dismiss: (key: string) => void;
};

/** Sends files one by one to the private collection; a retry keeps its key, so a file whose answer was lost is stored once. */
export function useUploads(): Uploads {
  const queryClient = useQueryClient();
  const [uploads, setUploads] = useState<readonly UploadInProgress[]>([]);

  const change = (key: string, part: Partial<UploadInProgress>) =>
    setUploads((list) => list.map((item) => (item.key === key ? { ...item, ...part } : item)));
  const dismiss = (key: string) => setUploads((list) => list.filter((item) => item.key !== key));

  const send = async (key: string, file: File): Promise<void> => {
    const abort = new AbortController();
    change(key, { fraction: 0, error: undefined, cancel: () => abort.abort() });
    try {
      await sendFile({
        file,
        idempotencyKey: key,
        signal: abort.signal,
        onProgress: (fraction) => change(key, { fraction }),
      });
      await queryClient.invalidateQueries({ queryKey: ["documents"] });
      dismiss(key);
    } catch (error) {
      if (abort.signal.aborted) dismiss(key);
      else change(key, { error });
    }
  };

  const sendAll = async (batch: readonly { key: string; file: File }[]): Promise<void> => {
    for (const { key, file } of batch) await send(key, file);
  };

  const add = (files: Iterable<File>) => {
    const batch = [...files].map((file) => ({ key: newIdempotencyKey(), file }));
    const waiting = batch.map(({ key, file }): UploadInProgress => ({
      key,
      name: file.name,
      fraction: 0,
      error: undefined,
      cancel: () => dismiss(key),
      retry: () => void send(key, file),
    }));
    setUploads((list) => [...list, ...waiting]);
    void sendAll(batch);
  };

  return { uploads, add, dismiss };
}
