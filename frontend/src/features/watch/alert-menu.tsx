import { Ellipsis } from "lucide-react";
import { DropdownMenu } from "radix-ui";

import { isSilent } from "@/features/watch/alert-status";
import type { Alert } from "@/features/watch/api/alerts";

const hour = 3_600_000;
const silences = [
  { label: "Snooze for an hour", ms: hour },
  { label: "Snooze for a day", ms: 24 * hour },
  { label: "Snooze for a week", ms: 7 * 24 * hour },
  { label: "Snooze for 30 days", ms: 30 * 24 * hour },
] as const;

type Props = {
  alert: Alert;
  onEdit: () => void;
  onSnooze: (until: string | null) => void;
  onEnable: (enabled: boolean) => void;
  onDelete: () => void;
};

const itemClass = "cursor-pointer rounded-md px-2.5 py-1.5 text-sm outline-none data-[highlighted]:bg-raised";

export function AlertMenu({ alert, onEdit, onSnooze, onEnable, onDelete }: Props) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger
        aria-label={`Actions for ${alert.name}`}
        className="rounded p-1.5 text-muted hover:bg-raised hover:text-ink"
      >
        <Ellipsis aria-hidden className="size-4" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          className="z-50 min-w-48 rounded-lg border border-line bg-surface p-1 shadow-lg"
        >
          <DropdownMenu.Item className={itemClass} onSelect={onEdit}>
            Change
          </DropdownMenu.Item>
          <DropdownMenu.Item className={itemClass} onSelect={() => onEnable(!alert.enabled)}>
            {alert.enabled ? "Turn off" : "Turn on"}
          </DropdownMenu.Item>
          {alert.status === "fired" && (
            // Turning on what is on arms it anew.
            <DropdownMenu.Item className={itemClass} onSelect={() => onEnable(true)}>
              Arm again
            </DropdownMenu.Item>
          )}
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          {isSilent(alert) ? (
            <DropdownMenu.Item className={itemClass} onSelect={() => onSnooze(null)}>
              End the silence
            </DropdownMenu.Item>
          ) : (
            silences.map(({ label, ms }) => (
              <DropdownMenu.Item
                key={label}
                className={itemClass}
                onSelect={() => onSnooze(new Date(Date.now() + ms).toISOString())}
              >
                {label}
              </DropdownMenu.Item>
            ))
          )}
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <DropdownMenu.Item className={`${itemClass} text-loss`} onSelect={onDelete}>
            Delete
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
