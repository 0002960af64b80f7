import { Badge, type Tone } from "@/components/badge";
import type { Alert } from "@/features/watch/api/alerts";
import { formatInstant } from "@/lib/format";

const tones = {
  armed: "accent",
  fired: "loss",
  snoozed: "warn",
  disabled: "neutral",
  expired: "neutral",
} as const satisfies Record<Alert["status"], Tone>;

export function AlertStatusBadge({ alert }: { alert: Alert }) {
  return <Badge tone={tones[alert.status]}>{wordsOf(alert)}</Badge>;
}

function wordsOf(alert: Alert): string {
  if (alert.status === "snoozed" && alert.snoozed_until !== null)
    return `snoozed until ${formatInstant(alert.snoozed_until)}`;
  return alert.status === "disabled" ? "off" : alert.status;
}

/** Whether it is kept silent now; one that has fired may be that too, with its state saying only that it fired. */
export function isSilent(alert: Alert): boolean {
  return alert.snoozed_until !== null && Date.parse(alert.snoozed_until) > Date.now();
}
