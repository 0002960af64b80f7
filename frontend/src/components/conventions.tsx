import { humanise } from "@/lib/format";

/** What was agreed on in working figures out, folded away until asked for. */
export function Conventions({ conventions }: { conventions: Record<string, string | number> }) {
  const entries = Object.entries(conventions);
  if (entries.length === 0) return null;
  return (
    <details className="text-xs">
      <summary className="cursor-pointer text-muted hover:text-ink">Conventions</summary>
      <dl className="mt-2 grid gap-x-4 gap-y-1 sm:grid-cols-[auto_1fr]">
        {entries.map(([key, value]) => (
          <div key={key} className="contents">
            <dt className="font-medium">{humanise(key)}</dt>
            <dd className="text-muted">{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
