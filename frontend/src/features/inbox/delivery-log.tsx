import { useQuery } from "@tanstack/react-query";

import { Badge, type Tone } from "@/components/badge";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { deliveriesQuery } from "@/features/inbox/api/notifications";
import type { Channel, DeliveryModel } from "@/lib/api/gen/stock/types.gen";
import { formatInstant } from "@/lib/format";

const channels = { email: "E-mail", webhook: "Webhook" } as const satisfies Record<Channel, string>;
const tones = { delivered: "accent", failed: "loss", waiting: "warn" } as const satisfies Record<
  DeliveryModel["state"],
  Tone
>;

/** Each attempt by e-mail and webhook, why it failed, and when the next is due. */
export function DeliveryLog({ notificationId }: { notificationId: string }) {
  const deliveries = useQuery(deliveriesQuery(notificationId));
  return (
    <div className="mt-2 ml-6 text-xs">
      {deliveries.isPending && <Spinner label="Loading deliveries" />}
      {deliveries.isError && <ErrorNote error={deliveries.error} onRetry={() => void deliveries.refetch()} />}
      {deliveries.isSuccess && deliveries.data.length === 0 && (
        <p className="text-muted">It went to the inbox only: no channel was on for it.</p>
      )}
      {deliveries.isSuccess && deliveries.data.length > 0 && (
        <ul aria-label="Deliveries" className="flex flex-col gap-2">
          {deliveries.data.map((delivery) => (
            <li key={delivery.id} className="rounded-md border border-line bg-surface p-2">
              <p className="flex flex-wrap items-center gap-2">
                <span className="font-medium">{channels[delivery.channel]}</span>
                <Badge tone={tones[delivery.state]}>{delivery.state}</Badge>
                {delivery.next_try_at !== null && (
                  <span className="text-muted">next try {formatInstant(delivery.next_try_at)}</span>
                )}
              </p>
              {delivery.attempts.length > 0 && (
                <ol className="mt-1 flex flex-col gap-0.5 text-muted">
                  {delivery.attempts.map((attempt) => (
                    <li key={attempt.at}>
                      {formatInstant(attempt.at)}: {attempt.delivered ? "delivered" : attempt.reason}
                      {attempt.status !== null && ` (HTTP ${attempt.status})`}
                    </li>
                  ))}
                </ol>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
