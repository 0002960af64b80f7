import { useQuery } from "@tanstack/react-query";

import { SelectField, TextField } from "@/components/field";
import { SymbolField } from "@/components/symbol-field";
import { fieldsOf, isPercent, type DraftRule, type LeafKind } from "@/features/watch/rule";
import { portfoliosQuery } from "@/lib/api/portfolios";

type Props = {
  kind: LeafKind;
  rule: DraftRule;
  errorAt: (field: string) => string | undefined;
  onChange: (rule: DraftRule) => void;
};

const dayWords = {
  move: { label: "Within trading days", hint: undefined },
  drawdown: { label: "High of the last days", hint: "Deposits and withdrawals do not count" },
  earnings: { label: "Within days", hint: "Calendar days, at most 90" },
} as const;

/** The fields of one condition. */
export function ConditionFields({ kind, rule, errorAt, onChange }: Props) {
  const fields: readonly string[] = fieldsOf[kind];
  const change = (part: Partial<DraftRule>) => onChange({ ...rule, ...part });
  const percent = isPercent(kind);
  return (
    <div className="grid grid-cols-2 gap-3 sm:grid-cols-3">
      {fields.includes("portfolioId") && (
        <PortfolioField
          value={rule.portfolioId}
          error={errorAt("portfolio_id")}
          onChange={(portfolioId) => change({ portfolioId })}
        />
      )}
      {fields.includes("symbol") && (
        <SymbolField value={rule.symbol} error={errorAt("symbol")} onChange={(symbol) => change({ symbol })} />
      )}
      {fields.includes("side") && (
        <SelectField
          label="Is"
          value={rule.side}
          onChange={(event) => change({ side: event.target.value === "below" ? "below" : "above" })}
        >
          <option value="above">above</option>
          <option value="below">below</option>
        </SelectField>
      )}
      {fields.includes("level") && (
        <TextField
          label={percent ? (kind === "drawdown" ? "More than, in percent" : "Percent") : "Price level"}
          required
          inputMode="decimal"
          autoComplete="off"
          value={rule.level}
          error={errorAt(kind === "drawdown" ? "above" : rule.side)}
          hint={kind === "move" ? "A fall is negative: below -5" : undefined}
          onChange={(event) => change({ level: event.target.value })}
        />
      )}
      {fields.includes("currency") && (
        <TextField
          label="Currency"
          placeholder="the price's own"
          maxLength={3}
          autoComplete="off"
          value={rule.currency}
          error={errorAt("currency")}
          onChange={(event) => change({ currency: event.target.value })}
        />
      )}
      {(kind === "move" || kind === "drawdown" || kind === "earnings") && (
        <TextField
          label={dayWords[kind].label}
          hint={dayWords[kind].hint}
          required
          inputMode="numeric"
          autoComplete="off"
          value={rule.days}
          error={errorAt("days")}
          onChange={(event) => change({ days: event.target.value })}
        />
      )}
      {fields.includes("hours") && (
        <TextField
          label="Older than, in hours"
          required
          inputMode="decimal"
          autoComplete="off"
          value={rule.hours}
          error={errorAt("hours")}
          onChange={(event) => change({ hours: event.target.value })}
        />
      )}
    </div>
  );
}

type PortfolioFieldProps = { value: string; error: string | undefined; onChange: (id: string) => void };

function PortfolioField({ value, error, onChange }: PortfolioFieldProps) {
  const portfolios = useQuery(portfoliosQuery());
  const known = portfolios.data ?? [];
  const gone = value !== "" && portfolios.isSuccess && !known.some(({ id }) => id === value);
  return (
    <SelectField
      label="Portfolio"
      required
      value={value}
      error={error ?? (portfolios.isError ? "Your portfolios could not be loaded." : undefined)}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">{portfolios.isPending ? "Loading…" : "Choose one"}</option>
      {gone && <option value={value}>A portfolio that is gone</option>}
      {known.map((portfolio) => (
        <option key={portfolio.id} value={portfolio.id}>
          {portfolio.name}
        </option>
      ))}
    </SelectField>
  );
}
