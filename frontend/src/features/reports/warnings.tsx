/** What a result warns of, each once. */
export function Warnings({ of }: { of: readonly unknown[] }) {
  const warnings = [...new Set(of.flatMap((each) => (Array.isArray(each) ? (each as unknown[]) : [])))].filter(
    (each): each is string => typeof each === "string",
  );
  if (warnings.length === 0) return null;
  return (
    <ul aria-label="Warnings" className="rounded-lg bg-warn-soft p-3 text-sm">
      {warnings.map((warning) => (
        <li key={warning}>{warning}</li>
      ))}
    </ul>
  );
}
