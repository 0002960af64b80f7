import { Figures } from "@/features/reports/figures";
import type { IncomeSumModel } from "@/lib/api/gen/stock/types.gen";
import type { Money } from "@/lib/money";

type TaxLots = Record<
  "proceeds" | "cost" | "gain" | "short_term" | "long_term" | "price_effect" | "currency_effect" | "open_cost",
  Money
> & { start: string; end: string; sales: number; sold_lots: number; open_lots: number };

/** The sums; the lots themselves stand in the files. */
export function TaxLotsResult({ result }: { result: TaxLots }) {
  return (
    <>
      <Figures
        label="Sales"
        lines={[
          { label: "From", value: result.start, as: "day" },
          { label: "To", value: result.end, as: "day" },
          { label: "Sales", value: result.sales, as: "count" },
          { label: "Lots sold", value: result.sold_lots, as: "count" },
          { label: "Proceeds", value: result.proceeds },
          { label: "Cost", value: result.cost },
          { label: "Gain", value: result.gain },
          { label: "Short-term", value: result.short_term },
          { label: "Long-term", value: result.long_term },
          { label: "By price", value: result.price_effect },
          { label: "By currency", value: result.currency_effect },
        ]}
      />
      <Figures
        label="Still held"
        lines={[
          { label: "Open lots", value: result.open_lots, as: "count" },
          { label: "Their cost", value: result.open_cost },
        ]}
      />
    </>
  );
}

type Statement = Record<"total" | "cash" | "unrealised" | "realised", Money> & {
  start: string;
  end: string;
  income: IncomeSumModel;
  twr: number | null;
  stale_prices: number;
};

export function StatementResult({ result }: { result: Statement }) {
  return (
    <Figures
      label="Sums"
      lines={[
        { label: "From", value: result.start, as: "day" },
        { label: "To", value: result.end, as: "day" },
        { label: "Total", value: result.total },
        { label: "Cash", value: result.cash },
        { label: "Unrealised", value: result.unrealised },
        { label: "Realised", value: result.realised },
        { label: "Income, net", value: result.income.net },
        { label: "Time-weighted return", value: result.twr, as: "percent" },
        { label: "Stale prices", value: result.stale_prices, as: "count" },
      ]}
    />
  );
}
