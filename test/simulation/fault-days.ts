/** `npm run fault-days -- --days N --seed S`: plays days on which everything fails, and says what came of it. */
import { parseArgs } from 'node:util';
import { Counts } from './counts.ts';
import { type Played, play, shortest } from './universe.ts';

/** A world is this long; then another one begins, so that many tenants and configurations get their turn. */
const DAYS_PER_WORLD = 20;

const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    /** Instead of many worlds the one of this seed, so many days of it. */
    world: { type: 'string' },
    cycles: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});

const days = Number(values.days);
const seed = Number(values.seed);
const total = new Counts();

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function tell({ counts }: Played): void {
  total.addAll(counts.all);
}

async function playWorld(worldSeed: number, worldDays: number, cycles?: number): Promise<boolean> {
  const prefix = { days: worldDays, ...(cycles !== undefined && { cycles }) };
  const played = await play(worldSeed, prefix, { keepTrace: values.trace });
  tell(played);
  if (values.trace) for (const line of played.trace.lines ?? []) say(line);
  if (played.failedOn === undefined) return true;
  say(`\nworld ${worldSeed} fails on day ${played.failedOn + 1}:`);
  for (const fault of played.faults.slice(0, 20)) say(`  ${fault}`);
  if (cycles !== undefined) return false;
  const short = await shortest(worldSeed, played.failedOn);
  const ofLast = short.cycles === undefined ? '' : ` --cycles ${short.cycles}`;
  say(`shortest: npm run fault-days -- --world ${worldSeed} --days ${short.days}${ofLast}`);
  return false;
}

const startedAt = performance.now();
let isRight = true;
if (values.world !== undefined) {
  isRight = await playWorld(
    Number(values.world),
    days,
    values.cycles === undefined ? undefined : Number(values.cycles),
  );
} else {
  for (let played = 0; played < days && isRight; played += DAYS_PER_WORLD) {
    isRight = await playWorld(
      seed * 1_000_000 + played / DAYS_PER_WORLD,
      Math.min(DAYS_PER_WORLD, days - played),
    );
  }
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
say(`\nseed ${seed}, ${seconds} s`);
for (const [name, count] of total.all) say(`${String(count).padStart(10)}  ${name}`);
say(isRight ? 'the ledger was exactly right after each day' : 'FAILED');
process.exitCode = isRight ? 0 : 1;
