import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { ErrorNote } from "@/components/error-note";
import { useSendTest, type Settings } from "@/features/settings/api/settings";
import { newIdempotencyKey } from "@/lib/api/client";

/** Sends a test by every channel that is on. */
export function TestCard({ settings }: { settings: Settings }) {
  const test = useSendTest();
  const ways = [
    "the inbox",
    ...(settings.email && settings.email_confirmed ? [`e-mail to ${settings.email_address ?? "you"}`] : []),
    ...(settings.webhook?.enabled === true ? ["the webhook"] : []),
  ];
  return (
    <Card title="Try it" note={`A test goes to ${ways.join(", ")}, quiet hours or not. Save your changes first.`}>
      <div className="flex flex-wrap items-center gap-3">
        <Button busy={test.isPending} onClick={() => test.mutate(newIdempotencyKey())}>
          Send a test
        </Button>
        {test.isSuccess && (
          <p role="status" className="text-sm">
            Sent. The inbox shows how each delivery went.
          </p>
        )}
      </div>
      {test.isError && (
        <div className="mt-3">
          <ErrorNote error={test.error} />
        </div>
      )}
    </Card>
  );
}
