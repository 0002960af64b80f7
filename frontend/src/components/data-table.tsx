import type { ReactNode } from "react";

import { classNames } from "@/lib/class-names";

export type DataColumn<T> = {
  label: string;
  numeric?: boolean;
  cell: (row: T) => ReactNode;
};

type Props<T> = { label: string; columns: readonly DataColumn<T>[]; rows: readonly T[]; keyOf: (row: T) => string };

/** A plain table that scrolls sideways where it has to; the first column heads the row. */
export function DataTable<T>({ label, columns, rows, keyOf }: Props<T>) {
  return (
    <div className="-mx-4 overflow-x-auto px-4 sm:-mx-5 sm:px-5" tabIndex={0} role="group" aria-label={label}>
      <table aria-label={label} className="w-full text-sm">
        <thead>
          <tr className="border-b border-line text-xs text-muted">
            {columns.map((column) => (
              <th
                key={column.label}
                scope="col"
                className={classNames(
                  "py-2 pr-4 font-medium whitespace-nowrap last:pr-0",
                  column.numeric === true ? "text-right" : "text-left",
                )}
              >
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className="border-b border-line last:border-0">
              {columns.map((column, position) => {
                const className = classNames(
                  "py-2 pr-4 last:pr-0",
                  column.numeric === true ? "text-right tabular-nums" : "text-left",
                );
                return position === 0 ? (
                  <th key={column.label} scope="row" className={classNames(className, "font-medium")}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.label} className={className}>
                    {column.cell(row)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
