/** Whether an agent costs the same in a large contact centre as in a small one, and what memory it takes. */
import { join } from 'node:path';
import { ContactCentreDay } from './contact-centre-day.ts';
import { median, ROUNDS } from './measure.ts';
import { quantity, type Row } from './verdict.ts';

const SIZES = [1_000, 10_000, 100_000] as const;
type Size = (typeof SIZES)[number];
const SMALLEST = SIZES[0];
/** A hundred thousand agents take half a minute a cycle: they are measured this often only. */
const LARGEST_ROUNDS = 2;
/** So many cycles more of the smallest, until its process is as warm as a larger one's. */
const WARM_UP_AGENTS = 10_000;
const MOST_GROWTH = 1.2;
const MOST_MB = 300;

export async function benchScale(folder: string): Promise<Row[]> {
  const days = new Map<Size, ContactCentreDay>();
  for (const size of SIZES) days.set(size, await openWarm(size, folder));
  const perAgentUs = new Map<Size, number[]>(SIZES.map((size) => [size, []]));
  const peakMb = new Map<Size, number>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [size, day] of days) {
      if (size === SIZES[2] && round >= LARGEST_ROUNDS) continue;
      await day.advance();
      const answer = await day.cycle();
      perAgentUs.get(size)?.push((answer.ms / size) * 1000);
      peakMb.set(size, answer.peakMb);
    }
  }
  for (const day of days.values()) await day.close();
  const us = (size: Size): number => median(perAgentUs.get(size) as number[]);
  return SIZES.flatMap((size) => rowsOf(size, us(size), us(SMALLEST), peakMb.get(size) as number));
}

async function openWarm(size: Size, folder: string): Promise<ContactCentreDay> {
  const warmUps = Math.max(0, Math.floor(WARM_UP_AGENTS / size) - 1);
  const day = await ContactCentreDay.open(size, ROUNDS + warmUps + 1, join(folder, `scale-${size}.db`));
  for (let cycle = 0; cycle < warmUps; cycle++) {
    await day.advance();
    await day.cycle();
  }
  return day;
}

function rowsOf(size: Size, us: number, usOfSmallest: number, peakMb: number): Row[] {
  const agents = quantity(size, 'agents');
  const rounds = size === SIZES[2] ? LARGEST_ROUNDS : ROUNDS;
  const memory: Row = {
    bench: 'scale',
    what: `${agents}: peak memory`,
    measured: peakMb,
    bound: { atMost: MOST_MB },
    unit: 'MB',
    note: 'largest resident set of the program after all its cycles',
  };
  if (size === SMALLEST) return [memory];
  const growth: Row = {
    bench: 'scale',
    what: `${agents}: time an agent / of ${quantity(SMALLEST, '')}`,
    measured: us / usOfSmallest,
    bound: { atMost: MOST_GROWTH },
    unit: '',
    note: `${us.toFixed(0)} µs and ${usOfSmallest.toFixed(0)} µs an agent; ${rounds} rounds`,
  };
  return [growth, memory];
}
