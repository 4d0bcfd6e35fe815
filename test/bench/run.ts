/** `npm run bench [names]`: holds the program to the bounds of its speed, in ratios of one run. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchComparison } from './comparison.ts';
import { benchCycle } from './cycle.ts';
import { benchDownload } from './download.ts';
import { benchExport } from './export.ts';
import { benchImport } from './import.ts';
import { benchScale } from './scale.ts';
import { benchSimulator } from './simulator.ts';
import { type Row, tableOf, verdictOn } from './verdict.ts';
import { benchWebhook } from './webhook.ts';

type Bench = (folder: string) => Promise<Row[]>;

const BENCHES: Readonly<Record<string, Bench>> = {
  comparison: benchComparison,
  cycle: benchCycle,
  import: benchImport,
  export: benchExport,
  download: benchDownload,
  scale: benchScale,
  simulator: benchSimulator,
  webhook: benchWebhook,
};

const RESULTS = join(import.meta.dirname, '../../data/bench');

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => BENCHES[name] === undefined);
  if (unknown.length > 0) throw new Error(`There is no bench ${unknown}; there are ${Object.keys(BENCHES)}.`);
  const rows: Row[] = [];
  for (const name of names.length > 0 ? names : Object.keys(BENCHES)) {
    process.stderr.write(`${name} …\n`);
    rows.push(...(await inFolder(BENCHES[name] as Bench)));
    // After each, so that a run that is stopped leaves what it has found.
    keep(rows);
  }
  process.stdout.write(textOf(rows));
  process.exitCode = rows.some((row) => verdictOn(row) === 'FAIL') ? 1 : 0;
}

function keep(rows: readonly Row[]): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, 'bench-results.md'), textOf(rows));
  writeFileSync(
    join(RESULTS, 'bench-results.json'),
    `${JSON.stringify({ machine: machine(), rows }, null, 2)}\n`,
  );
}

function textOf(rows: readonly Row[]): string {
  return `${tableOf(rows)}\n\n${machine()}\n`;
}

/** In a folder of its own, which is deleted whatever happens. */
async function inFolder(bench: Bench): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'adherence-bench-'));
  try {
    return await bench(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function machine(): string {
  const [first] = cpus();
  return `${new Date().toISOString()}, Node ${process.version}, ${cpus().length} x ${first?.model ?? 'unknown'}`;
}

await main(process.argv.slice(2));
