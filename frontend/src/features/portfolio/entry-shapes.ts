/** What each type of entry asks for, in the order of the form. */

export type FieldName =
  | "symbol"
  | "new_symbol"
  | "quantity"
  | "price"
  | "amount"
  | "amount_per_share"
  | "fee"
  | "tax"
  | "ratio"
  | "cost_basis"
  | "cost_fraction"
  | "acquired"
  | "to_account_id";

export const shapes = {
  buy: ["symbol", "quantity", "price", "fee", "tax"],
  sell: ["symbol", "quantity", "price", "fee", "tax"],
  deposit: ["amount"],
  withdrawal: ["amount"],
  dividend: ["symbol", "amount", "tax"],
  reinvest: ["symbol", "quantity", "price", "tax"],
  interest: ["amount"],
  fee: ["amount"],
  tax: ["amount"],
  split: ["symbol", "ratio"],
  opening: ["symbol", "quantity", "cost_basis", "acquired"],
  transfer_in: ["symbol", "quantity", "cost_basis", "acquired"],
  transfer_out: ["symbol", "quantity", "to_account_id"],
  spin_off: ["symbol", "new_symbol", "ratio", "cost_fraction", "amount"],
  merger: ["symbol", "new_symbol", "ratio", "amount_per_share", "price", "amount"],
} as const satisfies Record<string, readonly FieldName[]>;

export type ShapedType = keyof typeof shapes;

export const shapedTypes = Object.keys(shapes) as ShapedType[];

/** Entries that may say which lots they take; all others follow the portfolio's cost method. */
export function takesLots(type: ShapedType): boolean {
  return type === "sell" || type === "transfer_out";
}

/** Companies that change do so in every account that holds them. */
export function isOfAllAccounts(type: ShapedType): boolean {
  return type === "split" || type === "spin_off" || type === "merger";
}

const mayBeEmpty: ReadonlySet<FieldName> = new Set(["fee", "tax", "acquired", "to_account_id", "amount_per_share"]);

export function isOptional(type: ShapedType, name: FieldName): boolean {
  return (
    mayBeEmpty.has(name) || ((type === "spin_off" || type === "merger") && (name === "amount" || name === "price"))
  );
}

export const labels = {
  symbol: "Symbol",
  new_symbol: "New symbol",
  quantity: "Quantity",
  price: "Price per share",
  amount: "Amount",
  amount_per_share: "Cash per old share",
  fee: "Fee",
  tax: "Tax",
  ratio: "New shares per old share",
  cost_basis: "Cost in all",
  cost_fraction: "Part of the cost that goes over",
  acquired: "Held since",
  to_account_id: "To account",
} as const satisfies Record<FieldName, string>;

/** Where a name alone leaves open what is meant. */
const hintsOfType: Partial<Record<ShapedType, Partial<Record<FieldName, string>>>> = {
  spin_off: { cost_fraction: "0.2 for a fifth; the issuer publishes it", amount: "Cash for a fraction of a share" },
  merger: { price: "Of a new share, to reckon the gain", amount: "Cash for a fraction of a share" },
  transfer_out: { to_account_id: "None: it leaves the portfolio" },
};

export function hintOf(type: ShapedType, name: FieldName): string | undefined {
  return hintsOfType[type]?.[name];
}
