import { Upload } from "lucide-react";
import { useRef } from "react";

import { Button } from "@/components/button";
import { ErrorNote } from "@/components/error-note";
import type { Uploads } from "@/features/documents/use-uploads";
import { useFileDrop } from "@/hooks/use-file-drop";
import { classNames } from "@/lib/class-names";
import { formatPercent } from "@/lib/format";

const accepted =
  ".pdf,.docx,.xlsx,.pptx,.html,.htm,.eml,.csv,.tsv,.txt,.md,.markdown,application/pdf,text/plain,text/markdown,text/html,text/csv,message/rfc822";

export function UploadArea({ uploads, add, dismiss }: Uploads) {
  const input = useRef<HTMLInputElement>(null);
  const { over, handlers } = useFileDrop(add);
  return (
    <div className="flex flex-col gap-2">
      <div
        {...handlers}
        className={classNames(
          "flex flex-col items-center gap-2 rounded-xl border-2 border-dashed px-4 py-6 text-center transition-colors",
          over ? "border-accent bg-accent-soft" : "border-line bg-surface",
        )}
      >
        <Upload aria-hidden className="size-6 text-muted" />
        <p className="text-sm text-muted">Drop PDF, Office, web, mail or text files here. Only you can search them.</p>
        <Button variant="primary" onClick={() => input.current?.click()}>
          Choose files
        </Button>
        <input
          ref={input}
          type="file"
          multiple
          accept={accepted}
          aria-label="Upload documents"
          className="sr-only"
          tabIndex={-1}
          onChange={(event) => {
            add(event.target.files ?? []);
            event.target.value = "";
          }}
        />
      </div>
      {uploads.length > 0 && (
        <ul aria-label="Uploads" className="flex flex-col gap-2">
          {uploads.map((item) => (
            <li key={item.key} className="rounded-lg border border-line bg-surface px-3 py-2 text-sm">
              <div className="flex items-center gap-3">
                <span className="min-w-0 flex-1 truncate font-medium">{item.name}</span>
                {item.error === undefined ? (
                  <>
                    <progress
                      aria-label={`Upload of ${item.name}`}
                      value={item.fraction}
                      max={1}
                      className="h-1.5 w-32 accent-accent"
                    />
                    <span className="w-10 text-right text-xs text-muted tabular-nums">
                      {formatPercent(item.fraction, { digits: 0 })}
                    </span>
                    <Button size="small" variant="quiet" onClick={item.cancel}>
                      Cancel
                    </Button>
                  </>
                ) : (
                  <Button size="small" variant="quiet" onClick={() => dismiss(item.key)}>
                    Dismiss
                  </Button>
                )}
              </div>
              {item.error !== undefined && (
                <div className="mt-2">
                  <ErrorNote error={item.error} onRetry={item.retry} />
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
