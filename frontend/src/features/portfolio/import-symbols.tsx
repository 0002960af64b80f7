import { Button } from "@/components/button";
import { SymbolField } from "@/components/symbol-field";
import { textOf } from "@/lib/form";
import type { UnresolvedModel } from "@/lib/api/gen/stock/types.gen";

type Props = {
  unresolved: readonly UnresolvedModel[];
  /** Symbol by the file's text. */
  chosen: Record<string, string>;
  onChoose: (chosen: Record<string, string>) => void;
};

/** Instruments that are never guessed: each candidate is one press away, any other symbol can be typed. */
export function SymbolQuestions({ unresolved, chosen, onChoose }: Props) {
  const choose = (text: string, symbol: string) => {
    if (symbol !== "") onChoose({ ...chosen, [text]: symbol });
  };
  const said = Object.entries(chosen);
  if (unresolved.length === 0 && said.length === 0) return null;
  return (
    <section aria-label="Symbols to be named" className="rounded-lg border border-line p-3 text-sm">
      {unresolved.length > 0 && (
        <p className="mb-2 font-medium">Which instruments are these? They are not known by their text.</p>
      )}
      <ul className="flex flex-col gap-3">
        {unresolved.map(({ text, isin, name, rows, candidates }) => (
          <li key={text}>
            <p>
              <span className="font-medium">{text}</span>{" "}
              <span className="text-muted">
                {[name !== text && name, isin !== text && isin, `${rows} ${rows === 1 ? "row" : "rows"}`]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </p>
            <div className="mt-1 flex flex-wrap items-end gap-2">
              {candidates.map((candidate) => (
                <Button
                  key={candidate.symbol}
                  size="small"
                  title={[candidate.name, candidate.exchange, candidate.type].filter(Boolean).join(", ")}
                  onClick={() => choose(text, candidate.symbol)}
                >
                  {candidate.symbol}
                  <span className="max-w-40 truncate font-normal text-muted">{candidate.name}</span>
                </Button>
              ))}
              <form
                className="flex items-end gap-2"
                onSubmit={(event) => {
                  event.preventDefault();
                  choose(text, textOf(new FormData(event.currentTarget), "symbol").toUpperCase());
                }}
              >
                <SymbolField label={`Symbol for ${text}`} name="symbol" />
                <Button type="submit">Use it</Button>
              </form>
            </div>
          </li>
        ))}
      </ul>
      {said.length > 0 && (
        <ul aria-label="Symbols you named" className="mt-2 flex flex-wrap gap-2">
          {said.map(([text, symbol]) => (
            <li key={text} className="flex items-center gap-1 rounded-full bg-accent-soft px-2.5 py-0.5 text-xs">
              {text} is {symbol}
              <button
                type="button"
                aria-label={`Forget that ${text} is ${symbol}`}
                onClick={() => onChoose(Object.fromEntries(said.filter(([other]) => other !== text)))}
                className="px-1 font-bold"
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
