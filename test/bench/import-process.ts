/** One import, put together as the command does it: `node import-process.ts file rows database`. */
import { createReadStream } from 'node:fs';
import { formatOf, readTransitions } from '../../src/csv/read-transitions.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { importTransitions } from '../../src/usecases/import-transitions.ts';

const LOCK_MS = 14 * 86_400_000;
const [file, rows, path] = process.argv.slice(2) as [string, string, string];
const now = Date.UTC(2026, 2, 8);
const store = openStore({ path, bulk: true });
const input = createReadStream(file, { highWaterMark: 1 << 20 });
const batches = readTransitions(input, { format: formatOf(file), now });
const reopen = { marginMs: 300_000, closedBefore: now - LOCK_MS };
const { stored } = await importTransitions(store, batches, reopen, () => undefined);
await store.close();
if (stored !== Number(rows)) throw new Error(`${stored} of ${rows} transitions were stored.`);
