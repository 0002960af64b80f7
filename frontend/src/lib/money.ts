/** An amount as the API gives it: a decimal string and its currency. It stays a string until it is shown. */
export type Money = { amount: string; currency: string };

const locale = "en-US";

/** "$1,234.50". The string goes to Intl as it is, so no digit is lost on the way through a float. */
export function formatMoney(money: Money, options: { sign?: boolean; whole?: boolean } = {}): string {
  return new Intl.NumberFormat(locale, {
    style: "currency",
    currency: money.currency,
    signDisplay: options.sign === true ? "exceptZero" : "auto",
    ...(options.whole === true ? { maximumFractionDigits: 0 } : {}),
  }).format(money.amount as Intl.StringNumericLiteral);
}

/** A quantity of shares or units, with as many places as it has, up to eight. */
export function formatQuantity(quantity: string): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: 8 }).format(quantity as Intl.StringNumericLiteral);
}

/** -1, 0 or 1, read off the string. */
export function signOf(amount: string): -1 | 0 | 1 {
  if (/^[-+]?[0.]*(e.*)?$/i.test(amount)) return 0;
  return amount.trimStart().startsWith("-") ? -1 : 1;
}

/** Orders two plain decimal strings exactly. */
export function compareDecimals(left: string, right: string): number {
  const signs = signOf(left) - signOf(right);
  if (signs !== 0) return signs;
  const [leftWhole, leftPart] = digitsOf(left);
  const [rightWhole, rightPart] = digitsOf(right);
  const order =
    leftWhole.length - rightWhole.length || compareText(leftWhole, rightWhole) || compareText(leftPart, rightPart);
  return signOf(left) < 0 ? -order : order;
}

function digitsOf(amount: string): [whole: string, part: string] {
  const [whole = "", part = ""] = amount.replace(/^[-+]/, "").split(".");
  return [whole.replace(/^0+/, ""), part.replace(/0+$/, "")];
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
