import { ErrorNote } from "@/components/error-note";
import { ApiError } from "@/lib/api/api-error";

/** Why a plan was refused: each field by its name, anything else as a whole. */
export function Refusal({ error }: { error: Error | null }) {
  if (error === null) return null;
  if (!(error instanceof ApiError) || error.fields.length === 0) return <ErrorNote error={error} />;
  return (
    <ul role="alert" className="text-sm text-loss">
      {error.fields.map(({ pointer, detail }) => (
        <li key={pointer}>
          <span className="font-medium">{pointer.replace(/^[#/]+/, "").replaceAll("/", " ")}</span>: {detail}
        </li>
      ))}
    </ul>
  );
}
