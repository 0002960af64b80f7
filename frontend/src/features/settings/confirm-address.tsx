import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { ErrorNote } from "@/components/error-note";
import { TextField } from "@/components/field";
import { useConfirmAddress } from "@/features/settings/api/settings";
import { useIdempotencyKey } from "@/hooks/use-idempotency-key";
import { ApiError } from "@/lib/api/api-error";
import { textOf } from "@/lib/form";

/** Asks for the code that was sent to an address. */
export function ConfirmAddress({ address }: { address: string }) {
  const confirm = useConfirmAddress();
  const idempotency = useIdempotencyKey();
  const { error } = confirm;
  const refused = error instanceof ApiError ? (error.field("code") ?? refusal(error)) : undefined;
  return (
    <Card title="Confirm your e-mail address" note={`Nothing but the code is sent to ${address} until then.`}>
      <form
        className="flex flex-wrap items-start gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          const body = { code: textOf(new FormData(event.currentTarget), "code").replaceAll(" ", "") };
          // A wrong guess is an answer too: the next one, even the same, is a guess of its own.
          confirm.mutate(
            { ...body, idempotencyKey: idempotency.keyFor(body) },
            { onSettled: () => idempotency.settle() },
          );
        }}
      >
        <TextField
          label="Code from the e-mail"
          name="code"
          required
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={12}
          className="w-56"
          hint="Eight digits, good for thirty minutes; saving the settings again sends a new one"
          error={refused}
        />
        <Button type="submit" variant="primary" className="mt-5" busy={confirm.isPending}>
          Confirm
        </Button>
      </form>
      {error !== null && refused === undefined && (
        <div className="mt-3">
          <ErrorNote error={error} />
        </div>
      )}
    </Card>
  );
}

function refusal(error: ApiError): string | undefined {
  return error.reason === "CODE_REFUSED" ? error.message : undefined;
}
