import { useQuery } from "@tanstack/react-query";

import { CheckField } from "@/components/check-field";
import { SelectField, TextField } from "@/components/field";
import type { Kind } from "@/features/reports/api/analyses";
import type { ApiError } from "@/lib/api/api-error";
import type { Method } from "@/lib/api/gen/stock/types.gen";
import { marketQuery } from "@/lib/api/market";

const methods = {
  min_variance: "Minimum variance",
  max_sharpe: "Maximum Sharpe ratio",
  risk_parity: "Risk parity",
  hrp: "Hierarchical risk parity",
  frontier: "Efficient frontier",
} as const satisfies Record<Method, string>;

type Props = { kind: Kind; currency: string; error: ApiError | undefined };

/** What a kind of report can be told; all of it has defaults. */
export function ParameterFields({ kind, currency, error }: Props) {
  switch (kind) {
    case "portfolio":
      return null;
    case "optimisation":
      return (
        <div className="flex flex-col gap-3">
          <SelectField label="Method" name="method" error={error?.field("method")}>
            {Object.entries(methods).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </SelectField>
          <CheckField label="Whole shares only" name="whole_shares" />
        </div>
      );
    case "projection":
      return (
        <div className="grid grid-cols-2 gap-3">
          <TextField label="Years" name="years" type="number" min={1} defaultValue={10} error={error?.field("years")} />
          <TextField
            label={`Paid in a month, in ${currency}`}
            name="contribution_monthly"
            inputMode="decimal"
            placeholder="nothing"
            error={error?.field("contribution_monthly")}
          />
          <TextField label="Paths" name="paths" type="number" placeholder="default" error={error?.field("paths")} />
          <TextField
            label="Seed"
            name="seed"
            type="number"
            placeholder="default"
            hint="The same seed, the same answer"
            error={error?.field("seed")}
          />
        </div>
      );
    case "tax_lots":
      return (
        <div className="grid grid-cols-2 items-start gap-3">
          <YearField error={error?.field("year")} />
          <TextField
            label="Long-term after days"
            name="long_after_days"
            type="number"
            min={0}
            placeholder="more than a year"
            error={error?.field("long_after_days")}
          />
        </div>
      );
    case "statement":
      return <YearField error={error?.field("year")} />;
  }
}

const yearsBack = 15;

function YearField({ error }: { error: string | undefined }) {
  const { data: market } = useQuery(marketQuery());
  // The year of the prices, which recorded ones keep in the past.
  const last = market === undefined ? new Date().getUTCFullYear() : Number(market.session.slice(0, 4));
  return (
    <SelectField label="Year" name="year" error={error}>
      <option value="">From the first entry to today</option>
      {Array.from({ length: yearsBack }, (_, back) => (
        <option key={back} value={last - back}>
          {last - back}
        </option>
      ))}
    </SelectField>
  );
}
