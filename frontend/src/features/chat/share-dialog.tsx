import { useQuery } from "@tanstack/react-query";
import { Check, Copy } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { ErrorNote } from "@/components/error-note";
import { SelectField } from "@/components/field";
import { Spinner } from "@/components/spinner";
import { sharesQuery, useRevokeShare, useShare } from "@/features/chat/api/shares";
import { textOf } from "@/lib/form";
import { formatInstant } from "@/lib/format";

type Props = { conversationId: string; title: string; onClose: () => void };

/** Makes links to a conversation and ends them. A link is shown once: the server keeps only what recognises it. */
export function ShareDialog({ conversationId, title, onClose }: Props) {
  const share = useShare(conversationId);
  return (
    <Dialog
      title="Share conversation"
      description={`Whoever has a link reads the questions and answers of "${title}" as they are now, without signing in. What your tools and documents said is not shown.`}
      onClose={onClose}
    >
      <form
        className="flex items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          share.mutate(Number(textOf(new FormData(event.currentTarget), "days")));
        }}
      >
        <SelectField label="The link ends after" name="days" defaultValue="7" className="flex-1">
          <option value="1">one day</option>
          <option value="7">a week</option>
          <option value="30">30 days</option>
          <option value="365">a year</option>
        </SelectField>
        <Button type="submit" variant="primary" busy={share.isPending}>
          Make a link
        </Button>
      </form>
      {share.isError && <ErrorNote error={share.error} />}
      {share.isSuccess && <NewLink address={`${window.location.origin}/shared#${share.data.token}`} />}
      <Links conversationId={conversationId} />
    </Dialog>
  );
}

function NewLink({ address }: { address: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-center gap-2">
        <input
          readOnly
          aria-label="The new link"
          value={address}
          onFocus={(event) => event.target.select()}
          className="min-w-0 flex-1 rounded-lg border border-line bg-raised px-3 py-2 text-sm"
        />
        <Button onClick={() => void navigator.clipboard.writeText(address).then(() => setCopied(true))}>
          {copied ? <Check aria-hidden className="size-4" /> : <Copy aria-hidden className="size-4" />}
          {copied ? "Copied" : "Copy"}
        </Button>
      </div>
      <p className="text-xs text-muted">Copy it now: it cannot be shown again.</p>
    </div>
  );
}

function Links({ conversationId }: { conversationId: string }) {
  const shares = useQuery(sharesQuery(conversationId));
  const revoke = useRevokeShare(conversationId);
  if (shares.isPending) return <Spinner label="Loading links" />;
  if (shares.isError) return <ErrorNote error={shares.error} onRetry={() => void shares.refetch()} />;
  if (shares.data.items.length === 0) return <p className="text-sm text-muted">There are no links to it.</p>;
  return (
    <>
      {revoke.isError && <ErrorNote error={revoke.error} />}
      <ul aria-label="Links" className="flex flex-col divide-y divide-line text-sm">
        {shares.data.items.map((link) => (
          <li key={link.id} className="flex items-center justify-between gap-3 py-2">
            <span>
              {link.turns} {link.turns === 1 ? "answer" : "answers"}, made {formatInstant(link.created_at)}
              <span className="block text-xs text-muted">ends {formatInstant(link.expires_at)}</span>
            </span>
            <Button
              size="small"
              variant="danger"
              aria-label={`Revoke the link made ${formatInstant(link.created_at)}`}
              busy={revoke.isPending && revoke.variables === link.id}
              onClick={() => revoke.mutate(link.id)}
            >
              Revoke
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}
