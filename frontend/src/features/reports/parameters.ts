import type { Kind } from "@/features/reports/api/analyses";
import { textOf } from "@/lib/form";

/** What the form says, as each kind takes it; fields left empty are left to the server's defaults. */
export function parametersOf(kind: Kind, data: FormData): Record<string, unknown> {
  switch (kind) {
    case "portfolio":
      return {};
    case "optimisation":
      return {
        method: textOf(data, "method"),
        ...(data.get("whole_shares") === null ? {} : { whole_shares: true }),
      };
    case "projection":
      return {
        ...count(data, "years"),
        ...text(data, "contribution_monthly"),
        ...count(data, "paths"),
        ...count(data, "seed"),
      };
    case "tax_lots":
      return { ...count(data, "year"), ...count(data, "long_after_days") };
    case "statement":
      return count(data, "year");
  }
}

function text(data: FormData, name: string): Record<string, string> {
  const value = textOf(data, name);
  return value === "" ? {} : { [name]: value };
}

function count(data: FormData, name: string): Record<string, number> {
  const value = textOf(data, name);
  return value === "" ? {} : { [name]: Number(value) };
}
