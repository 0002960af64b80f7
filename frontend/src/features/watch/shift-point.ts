/**
 * Moves the decimal point of a plain decimal text: -2 makes a fraction of percent, without a float in between. Text that is
 * no such number is given back as it is, for the server to name it.
 */
export function shiftPoint(text: string, places: number): string {
  const match = /^([-+]?)(\d*)\.?(\d*)$/.exec(text.trim());
  if (match === null || !/\d/.test(text)) return viaNumber(text, places);
  const [, sign = "", whole = "", part = ""] = match;
  const digits = whole + part;
  const point = whole.length + places;
  const padded = point < 0 ? "0".repeat(-point) + digits : digits.padEnd(point, "0");
  const at = Math.max(point, 0);
  const left = padded.slice(0, at).replace(/^0+(?=\d)/, "");
  const right = padded.slice(at).replace(/0+$/, "");
  return `${sign === "-" ? "-" : ""}${left === "" ? "0" : left}${right === "" ? "" : `.${right}`}`;
}

/** The server's numbers may come with an exponent, 5e-05. */
function viaNumber(text: string, places: number): string {
  if (!/^[-+]?[\d.]+e[-+]?\d+$/i.test(text)) return text;
  return shiftPoint(Number(text).toFixed(12), places);
}
