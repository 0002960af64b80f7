// Types of the public HTTP surface, from the OpenAPI files the services commit. `--check` fails when they have drifted.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { createClient } from "@hey-api/openapi-ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = join(root, "..", "docs", "openapi");
const committed = join(root, "src", "lib", "api", "gen");
const check = process.argv.includes("--check");
const target = check ? mkdtempSync(join(tmpdir(), "stocktool-gen-")) : committed;

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

const services = readdirSync(sources)
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.replace(/\.json$/, ""))
  .sort();
if (services.length === 0) throw new Error(`no OpenAPI files in ${sources}`);

if (!check) rmSync(committed, { recursive: true, force: true });
for (const service of services) {
  await createClient({
    input: join(sources, `${service}.json`),
    output: { path: join(target, service), entryFile: false },
    plugins: ["@hey-api/typescript"],
    logs: { level: "silent" },
  });
}

if (check) {
  const wanted = filesUnder(target);
  const present = filesUnder(committed);
  const drifted = [...new Set([...wanted, ...present])].filter(
    (name) =>
      !wanted.includes(name) ||
      !present.includes(name) ||
      readFileSync(join(target, name), "utf8") !== readFileSync(join(committed, name), "utf8"),
  );
  rmSync(target, { recursive: true, force: true });
  if (drifted.length > 0) {
    console.error(`generated types differ from docs/openapi: ${drifted.join(", ")}\nrun: npm run generate`);
    process.exit(1);
  }
}
