import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";

import { Badge } from "@/components/badge";
import { Dialog } from "@/components/dialog";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { analysisQuery, isSettled, type Analysis } from "@/features/reports/api/analyses";
import { labelOf } from "@/features/reports/kinds";
import { Progress } from "@/features/reports/progress";
import { Result } from "@/features/reports/result";
import { useLiveMessage } from "@/hooks/use-live";
import { formatBytes, formatInstant } from "@/lib/format";

/** One analysis: how far it is, what came of it, and its files. */
export function AnalysisPanel({ analysisId, onClose }: { analysisId: string; onClose: () => void }) {
  const queryClient = useQueryClient();
  const analysis = useQuery(analysisQuery(analysisId));
  useLiveMessage("job", ({ analysis_id: id }) => {
    if (id === analysisId) void queryClient.invalidateQueries({ queryKey: analysisQuery(analysisId).queryKey });
  });
  return (
    <Dialog
      title={analysis.data === undefined ? "Report" : labelOf(analysis.data.kind)}
      placement="panel"
      onClose={onClose}
    >
      {analysis.isPending && <Spinner label="Loading the report" />}
      {analysis.isError && <ErrorNote error={analysis.error} onRetry={() => void analysis.refetch()} />}
      {analysis.isSuccess && (
        <>
          <p className="flex flex-wrap items-center gap-2 text-sm text-muted">
            <Badge tone={analysis.data.state === "done" ? "accent" : "neutral"}>{analysis.data.state}</Badge>
            {formatInstant(analysis.data.finished_at ?? analysis.data.created_at)}
          </p>
          {!isSettled(analysis.data) && <Progress analysis={analysis.data} />}
          {analysis.data.error !== null && (
            <p role="alert" className="rounded-lg bg-loss-soft p-3 text-sm text-loss">
              {analysis.data.error.message}
            </p>
          )}
          {analysis.data.files.length > 0 && <Files files={analysis.data.files} />}
          {analysis.data.result !== null && <Result kind={analysis.data.kind} result={analysis.data.result} />}
        </>
      )}
    </Dialog>
  );
}

const types: Record<string, string> = { "application/pdf": "PDF", "text/csv": "CSV" };

function Files({ files }: { files: Analysis["files"] }) {
  return (
    <ul aria-label="Files" className="flex flex-col gap-2">
      {files.map((file) => {
        const type = types[file.content_type.split(";")[0] ?? ""] ?? "file";
        return (
          <li key={file.name}>
            <a
              href={file.url}
              download={file.name}
              className="flex items-center gap-2.5 rounded-lg border border-line px-3 py-2 text-sm hover:bg-raised"
            >
              <Download aria-hidden className="size-4 text-accent" />
              <span className="min-w-0 flex-1 truncate font-medium">Download {type}</span>
              <span className="truncate text-xs text-muted">
                {file.name} · {formatBytes(file.size_bytes)}
              </span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}
