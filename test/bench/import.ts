/** Importing a million transitions in the order of arrival against the `sqlite3` shell's `.import`. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeArrivals } from './arrivals.ts';
import { interleaved, type Rounds } from './measure.ts';
import { PROGRAM_OPTIONS, run } from './processes.ts';
import { runShell, shellVersion } from './sqlite-shell.ts';
import { quantity, type Row } from './verdict.ts';

const TRANSITIONS = 1_000_000;

/** As the program opens its own database; `.import` is one transaction, so it is forced to the disk once. */
const SHELL_SCRIPT = (csv: string): string => `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 16000;
PRAGMA cache_size = -49152;
CREATE TABLE transitions (
  user_id TEXT NOT NULL, state TEXT NOT NULL, at TEXT NOT NULL, received_at TEXT NOT NULL,
  UNIQUE (user_id, at, state));
.import --csv --skip 1 ${csv} transitions
`;

type Contestant = 'ndjson' | 'csv' | 'shell';

export async function benchImport(folder: string): Promise<Row[]> {
  const version = shellVersion();
  const csv = join(folder, 'arrivals.csv');
  const ndjson = join(folder, 'arrivals.ndjson');
  await writeArrivals(TRANSITIONS, csv, ndjson);
  const database = join(folder, 'import.db');
  const fresh = async (work: () => Promise<number>): Promise<number> => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${database}${suffix}`, { force: true });
    return work();
  };
  const script = join(import.meta.dirname, 'import-process.ts');
  const imported = (file: string): Promise<number> =>
    run(process.execPath, [...PROGRAM_OPTIONS, script, file, String(TRANSITIONS), database]);
  const rounds = await interleaved<Contestant>({
    ndjson: () => fresh(() => imported(ndjson)),
    shell: () => fresh(() => runShell([database], SHELL_SCRIPT(csv))),
    csv: () => fresh(() => imported(csv)),
  });
  return [rowOf('ndjson', rounds, version), rowOf('csv', rounds, version)];
}

function rowOf(format: 'ndjson' | 'csv', rounds: Rounds<Contestant>, version: string): Row {
  const speed = (of: Contestant): string => quantity((TRANSITIONS / rounds.medianMs(of)) * 1000, 'rows/s');
  return {
    bench: 'import',
    what: `${format} / shell's .import`,
    measured: rounds.ratio(format, 'shell'),
    bound: { atMost: 1.5 },
    unit: '',
    note: `${speed(format)}, ${version} ${speed('shell')} (both WAL, synchronous=FULL; whole processes)`,
  };
}
