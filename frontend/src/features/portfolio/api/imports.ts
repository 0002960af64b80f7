import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { api, newIdempotencyKey } from "@/lib/api/client";
import type {
  ColumnMappingModel,
  DateOrder,
  DecimalSign,
  ImportBatchPage,
  ImportModel,
  PresetList,
  RowState,
  SavedMappingPage,
} from "@/lib/api/gen/stock/types.gen";
import { upload } from "@/lib/api/upload";

/** What the reader decides about a file; an empty text leaves it to the service. */
export type ImportAnswers = {
  preset: string;
  saved_mapping: string;
  mapping: ColumnMappingModel | undefined;
  account_id: string;
  date_order: DateOrder | "";
  decimal: DecimalSign | "";
  /** Symbol by the file's text. */
  symbols: Record<string, string>;
  skip_rows: readonly number[];
};

export const noAnswers: ImportAnswers = {
  preset: "",
  saved_mapping: "",
  mapping: undefined,
  account_id: "",
  date_order: "",
  decimal: "",
  symbols: {},
  skip_rows: [],
};

/** Most rows of a dry run that are shown at once. */
export const rowsLimit = 200;

function path(portfolioId: string): string {
  return `/api/stock/v1/portfolios/${portfolioId}/imports`;
}

function formOf(file: File, answers: ImportAnswers): FormData {
  const form = new FormData();
  const { symbols, skip_rows, mapping, ...texts } = answers;
  for (const [name, text] of Object.entries(texts)) if (text !== "") form.set(name, text);
  if (mapping !== undefined) form.set("mapping", JSON.stringify(mapping));
  if (Object.keys(symbols).length > 0) form.set("symbols", JSON.stringify(symbols));
  if (skip_rows.length > 0) form.set("skip_rows", skip_rows.join(","));
  form.set("file", file, file.name);
  return form;
}

/**
 * What the file would book, row by row; nothing is booked. Kept no longer than it is looked at, since booking changes what the
 * same file would bring; and apart from the portfolio's own queries, so that booking does not read the file once more.
 */
export function dryRunQuery(portfolioId: string, file: File, answers: ImportAnswers, only: RowState | "") {
  return queryOptions({
    queryKey: ["import-dry-run", portfolioId, file.name, file.size, file.lastModified, answers, only],
    queryFn: ({ signal }) => {
      const form = formOf(file, answers);
      form.set("dry_run", "true");
      form.set("rows_limit", String(rowsLimit));
      if (only !== "") form.set("only", only);
      return upload<ImportModel>({
        path: path(portfolioId),
        form,
        idempotencyKey: newIdempotencyKey(),
        onProgress: () => undefined,
        signal,
      });
    },
    gcTime: 0,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    retry: false,
    // While an answer is worked in, the rows of before stay in sight.
    placeholderData: (before) => before,
  });
}

export function useImportFile(portfolioId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ file, answers, key }: { file: File; answers: ImportAnswers; key: string }) =>
      upload<ImportModel>({
        path: path(portfolioId),
        form: formOf(file, answers),
        idempotencyKey: key,
        onProgress: () => undefined,
        signal: new AbortController().signal,
      }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["portfolio", portfolioId] }),
  });
}

export function importsQuery(portfolioId: string, pageToken: string) {
  return queryOptions({
    queryKey: ["portfolio", portfolioId, "imports", pageToken],
    queryFn: ({ signal }) =>
      api<ImportBatchPage>(path(portfolioId), { query: { page_size: 20, page_token: pageToken }, signal }),
    placeholderData: (before) => before,
  });
}

/** Takes all of an import back at once. */
export function useUndoImport(portfolioId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (importId: string) =>
      api<undefined>(`${path(portfolioId)}/${importId}`, {
        method: "DELETE",
        idempotencyKey: newIdempotencyKey(),
      }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["portfolio", portfolioId] }),
  });
}

export function presetsQuery() {
  return queryOptions({
    queryKey: ["import-presets"],
    queryFn: ({ signal }) => api<PresetList>("/api/stock/v1/imports/presets", { signal }),
    select: (list) => list.items,
    staleTime: Infinity,
  });
}

export function savedMappingsQuery() {
  return queryOptions({
    queryKey: ["import-mappings"],
    queryFn: ({ signal }) =>
      api<SavedMappingPage>("/api/stock/v1/imports/mappings", { query: { page_size: 50 }, signal }),
    select: (page) => page.items,
  });
}

/** Keeps a mapping under a name, in place of the one by it. */
export function useSaveMapping() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ name, answers }: { name: string; answers: ImportAnswers }) =>
      api<unknown>(`/api/stock/v1/imports/mappings/${encodeURIComponent(name)}`, {
        method: "PUT",
        body: { mapping: answers.mapping ?? null, symbols: answers.symbols },
        idempotencyKey: newIdempotencyKey(),
      }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["import-mappings"] }),
  });
}
