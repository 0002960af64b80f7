import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { DataTable } from "@/components/data-table";
import { Dialog } from "@/components/dialog";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { deadLettersQuery, queuesQuery, useRedrive } from "@/features/admin/api/queues";
import { newIdempotencyKey } from "@/lib/api/client";
import { formatInstant } from "@/lib/format";

export function QueuesPanel() {
  const queues = useQuery(queuesQuery());
  const [opened, setOpened] = useState<string>();
  return (
    <Card title="Queues" note="Counts are the queue service's estimates">
      {queues.isPending && <Spinner label="Counting messages" />}
      {queues.isError && <ErrorNote error={queues.error} onRetry={() => void queues.refetch()} />}
      {queues.isSuccess && (
        <DataTable
          label="Queues"
          rows={queues.data}
          keyOf={(queue) => queue.name}
          columns={[
            { label: "Queue", cell: (queue) => queue.name },
            { label: "Waiting", numeric: true, cell: (queue) => queue.visible },
            { label: "In flight", numeric: true, cell: (queue) => queue.in_flight },
            { label: "Delayed", numeric: true, cell: (queue) => queue.delayed },
            {
              label: "Dead letters",
              numeric: true,
              cell: (queue) =>
                queue.dead_letters === 0 ? "0" : <Badge tone="loss">{queue.dead_letters} given up</Badge>,
            },
            {
              label: "Actions",
              cell: (queue) => (
                <Button size="small" aria-label={`Dead letters of ${queue.name}`} onClick={() => setOpened(queue.name)}>
                  Dead letters
                </Button>
              ),
            },
          ]}
        />
      )}
      {opened !== undefined && <DeadLetters queue={opened} onClose={() => setOpened(undefined)} />}
    </Card>
  );
}

function DeadLetters({ queue, onClose }: { queue: string; onClose: () => void }) {
  const letters = useQuery(deadLettersQuery(queue));
  const redrive = useRedrive();
  return (
    <Dialog
      title={`Dead letters of ${queue}`}
      description="Messages given up after repeated failures. Redriving sends them back to be tried again."
      placement="panel"
      onClose={onClose}
    >
      {letters.isPending && <Spinner label="Reading dead letters" />}
      {letters.isError && <ErrorNote error={letters.error} onRetry={() => void letters.refetch()} />}
      {redrive.isError && <ErrorNote error={redrive.error} />}
      {redrive.isSuccess && (
        <p role="status" className="rounded-lg bg-accent-soft px-3 py-2 text-sm">
          {redrive.data.moved} sent back.
        </p>
      )}
      {letters.isSuccess && letters.data.length === 0 && <EmptyState title="No dead letters" />}
      {letters.isSuccess && letters.data.length > 0 && (
        <>
          <Button
            variant="primary"
            busy={redrive.isPending}
            onClick={() => redrive.mutate({ queue, idempotencyKey: newIdempotencyKey() })}
          >
            Redrive all
          </Button>
          <ul className="flex flex-col gap-3">
            {letters.data.map((letter) => (
              <li key={letter.id} className="rounded-lg border border-line p-3 text-xs">
                <p className="mb-1 text-muted">
                  {letter.id}, received {letter.receive_count} times
                  {`, sent ${formatInstant(letter.sent_at)}`}
                </p>
                {Object.entries(letter.attributes).map(([name, value]) => (
                  <p key={name}>
                    <span className="text-muted">{name}:</span> {value}
                  </p>
                ))}
                <pre className="mt-1 max-h-40 overflow-auto rounded bg-raised p-2 break-all whitespace-pre-wrap">
                  {letter.body}
                </pre>
              </li>
            ))}
          </ul>
        </>
      )}
    </Dialog>
  );
}
