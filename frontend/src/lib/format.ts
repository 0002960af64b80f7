const locale = "en-US";

/** A fraction as percent: 0.0523 is "5.23%". */
export function formatPercent(fraction: number, options: { sign?: boolean; digits?: number } = {}): string {
  const digits = options.digits ?? 2;
  return new Intl.NumberFormat(locale, {
    style: "percent",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: options.sign === true ? "exceptZero" : "auto",
  }).format(fraction);
}

export function formatNumber(value: number, digits = 2): string {
  return new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** A calendar day, "Nov 29, 2024"; the day is that of the exchange, so no zone may move it. */
export function formatDay(day: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }).format(
    new Date(`${day.slice(0, 10)}T00:00:00Z`),
  );
}

/** An instant in the reader's own zone. */
export function formatInstant(instant: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(instant));
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${formatNumber(bytes / 1024, 0)} KB`;
  return `${formatNumber(bytes / 1024 / 1024, 1)} MB`;
}

export function formatDuration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${formatNumber(milliseconds / 1000, 1)} s`;
}

/** Name for people of a name for programs: "var95_hist" keeps its digits, "transfer_in" is "Transfer in". */
export function humanise(name: string): string {
  const words = name.replaceAll("_", " ").replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
