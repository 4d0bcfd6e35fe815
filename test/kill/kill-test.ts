/** `npm run kill-test -- [--kills N] [--seed S]`: the kills of the suite, as many as asked for. */
import { parseArgs } from 'node:util';
import { killSeries } from './killing-ground.ts';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1000' } },
});
const kills = Number(values.kills);
const seed = Number(values.seed);
const EACH = 100;

let failed = false;
for (let done = 0, series = seed; done < kills; series += 2) {
  const pair = [series, series + 1].map((one) => killSeries(one, Math.min(EACH, kills - done)));
  for (const [index, { counts, problems }] of (await Promise.all(pair)).entries()) {
    done += counts.kills;
    process.stdout.write(`seed ${series + index}: ${JSON.stringify(counts)}\n`);
    for (const problem of problems) process.stdout.write(`  ${problem}\n`);
    if (problems.length > 0) failed = true;
  }
}
process.stdout.write(failed ? 'FAILED\n' : "the vendor's ledger is exactly right after each series\n");
process.exitCode = failed ? 1 : 0;
