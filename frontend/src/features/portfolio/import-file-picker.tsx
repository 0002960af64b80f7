import { useQuery } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { useId, useState } from "react";

import { presetsQuery } from "@/features/portfolio/api/imports";
import { useFileDrop } from "@/hooks/use-file-drop";
import { classNames } from "@/lib/class-names";

const mostBytes = 20_000_000;

/** A file by the dialog, by dropping it, or a template to begin with. */
export function FilePicker({ onFile }: { onFile: (file: File) => void }) {
  const id = useId();
  const [refused, setRefused] = useState<string>();
  const presets = useQuery(presetsQuery());
  const take = (file: File | undefined) => {
    if (file === undefined) return;
    if (file.size > mostBytes) setRefused(`${file.name} has more than 20 MB; split it.`);
    else if (file.size === 0) setRefused(`${file.name} is empty.`);
    else onFile(file);
  };
  const { over, handlers } = useFileDrop((files) => take(files[0]));
  const templates = presets.data?.filter((preset) => preset.template !== "") ?? [];
  return (
    <div className="flex flex-col gap-3">
      <div
        {...handlers}
        className={classNames(
          "flex flex-col items-center gap-2 rounded-xl border border-dashed border-line px-4 py-8 text-center text-sm focus-within:border-accent",
          over && "border-accent bg-accent-soft",
        )}
      >
        <Upload aria-hidden className="size-6 text-muted" />
        <label htmlFor={id} className="cursor-pointer font-medium text-accent underline underline-offset-2">
          Choose a file
        </label>
        <p className="text-muted">or drop it here</p>
        <input
          id={id}
          type="file"
          accept=".csv,.txt,.tsv,.ofx,.qfx,.qif,.json"
          className="sr-only"
          onChange={(event) => take(event.target.files?.[0])}
        />
      </div>
      {refused !== undefined && (
        <p role="alert" className="text-sm text-loss">
          {refused}
        </p>
      )}
      {presets.isSuccess && (
        <details className="text-sm">
          <summary className="cursor-pointer text-muted hover:text-ink">Which files are known</summary>
          <ul className="mt-2 flex flex-col gap-1">
            {presets.data.map((preset) => (
              <li key={preset.name}>
                {preset.title} <span className="text-xs text-muted uppercase">{preset.format}</span>
              </li>
            ))}
          </ul>
          {templates.length > 0 && (
            <p className="mt-2 text-muted">
              Any other CSV can be read by saying what its columns mean. Its headings should be in one line.
            </p>
          )}
        </details>
      )}
    </div>
  );
}
