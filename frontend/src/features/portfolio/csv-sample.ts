/** Headings of a CSV and what stands below them, as far as its beginning shows. */
export type CsvSample = { headings: string[]; rows: string[][] };

const sampleBytes = 65_536;
const mostRows = 200;
const delimiters = [",", ";", "\t", "|"] as const;

/** Looks at a file's beginning, to name its columns; the service reads the file itself. */
export async function sampleOf(file: File): Promise<CsvSample> {
  return readSample(await file.slice(0, sampleBytes).text());
}

/** The headings are the first line with the most cells: some files have a preamble. */
export function readSample(text: string): CsvSample {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== "");
  const begin = lines.slice(0, 40);
  const delimiter = delimiters.reduce((best, next) => (widest(begin, next) > widest(begin, best) ? next : best));
  const cells = lines.slice(0, mostRows + 40).map((line) => cellsOf(line, delimiter));
  const width = Math.max(0, ...cells.slice(0, 40).map((line) => line.length));
  const first = cells.findIndex((line) => line.length === width);
  return { headings: cells[first] ?? [], rows: cells.slice(first + 1, first + 1 + mostRows) };
}

function widest(lines: readonly string[], delimiter: string): number {
  return Math.max(0, ...lines.map((line) => cellsOf(line, delimiter).length));
}

function cellsOf(line: string, delimiter: string): string[] {
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (const sign of line.replace(/^\uFEFF/, "")) {
    if (sign === '"') quoted = !quoted;
    else if (sign === delimiter && !quoted) {
      cells.push(cell.trim());
      cell = "";
    } else cell += sign;
  }
  cells.push(cell.trim());
  return cells;
}
