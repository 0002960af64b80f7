/** "12.5" as typed in a field of percents is the decimal string "0.125" of the API, without a float in between. */
export function fractionOf(percent: string): string {
  const [, sign = "", whole = "", part = ""] = /^\s*([-+]?)(\d*)\.?(\d*)\s*%?\s*$/.exec(percent) ?? [];
  if (whole === "" && part === "") return percent;
  const digits = whole.padStart(3, "0");
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}${part}`;
}

/** A fraction of the API as a field of percents shows it: 0.125 is "12.5". */
export function percentOf(fraction: number): string {
  return String(Number((fraction * 100).toFixed(4)));
}
