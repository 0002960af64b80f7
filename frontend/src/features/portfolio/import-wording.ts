/** The service names the fields of its API in its cures; on the page those are controls, so their names are left out. */
export function inWords(text: string): string {
  return text
    .replace(/: symbols=\{.*?\}/g, "")
    .replace(/ ?\((?:date_order|decimal|skip_rows|mapping(?:\.types)?)\b[^)]*\)/g, "")
    .trim();
}
