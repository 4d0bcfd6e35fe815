/** One export into a file, put together as the command does it: `node export-process.ts database`. */
import { driftCsv } from '../../src/csv/drift-csv.ts';
import { writeWhole } from '../../src/csv/write-whole.ts';
import { openZoneClock } from '../../src/csv/zone-clock.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { driftPages } from '../../src/usecases/export-drift.ts';
import { timed } from './measure.ts';
import { peakMb, serveOrders } from './processes.ts';

export interface ExportAnswer {
  readonly ms: number;
  readonly peakMb: number;
}

const [path] = process.argv.slice(2) as [string];

serveOrders<string, ExportAnswer>('ready', async (output) => {
  const ms = await timed(async () => {
    const store = openStore({ path, readonly: true });
    await writeWhole(output, driftCsv(driftPages(store, {}), openZoneClock()));
    await store.close();
  });
  return { ms, peakMb: peakMb() };
});
