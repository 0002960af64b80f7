import { Copy } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/button";

/** A secret in sight, this once. */
export function SecretNote({ secret, onKept }: { secret: string; onKept: () => void }) {
  const [copied, setCopied] = useState(false);
  return (
    <div role="alert" className="rounded-lg bg-warn-soft p-3 text-sm">
      <p className="font-medium text-warn">Keep this secret now: it is not shown again.</p>
      <p className="mt-1 text-muted">Your receiver verifies each delivery's signature with it.</p>
      <code aria-label="Webhook secret" className="mt-2 block rounded bg-surface p-2 text-xs break-all select-all">
        {secret}
      </code>
      <div className="mt-2 flex flex-wrap gap-2">
        <Button
          size="small"
          onClick={() => {
            // Without the right to write there, the text can be selected.
            navigator.clipboard.writeText(secret).then(
              () => setCopied(true),
              () => setCopied(false),
            );
          }}
        >
          <Copy aria-hidden className="size-3.5" />
          {copied ? "Copied" : "Copy"}
        </Button>
        <Button size="small" onClick={onKept}>
          I have kept it
        </Button>
      </div>
    </div>
  );
}
