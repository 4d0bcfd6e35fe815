/** How many reports a second the simulator serves. */
import { CONCURRENCY } from './contact-centre-day.ts';
import type { FetchOrder } from './fetch-process.ts';
import { median, ROUNDS } from './measure.ts';
import { Worker } from './processes.ts';
import type { SimulatorAnswer, SimulatorOrder } from './simulator-process.ts';
import type { Row } from './verdict.ts';

const AGENTS = 10_000;
const LEAST_PER_SECOND = 3_000;
const NOW = Date.UTC(2026, 2, 4, 14);
const QUARTER_MS = 15 * 60_000;

/** With the memory that `simulate` gives it, so that most days are made anew for each report. */
export async function benchSimulator(): Promise<Row[]> {
  const simulator = await Worker.start<SimulatorOrder, SimulatorAnswer>('simulator-process.ts', [1, AGENTS]);
  const bare = await Worker.start<FetchOrder, number>('fetch-process.ts', [simulator.hello, CONCURRENCY]);
  const perSecond: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const now = NOW + round * QUARTER_MS;
    await simulator.ask({ now });
    const range = { start: now - QUARTER_MS - 600_000, end: now };
    const ms = await bare.ask({ range, agents: AGENTS, count: AGENTS });
    if (round > 0) perSecond.push((AGENTS / ms) * 1000);
  }
  await bare.stop();
  await simulator.stop();
  return [
    {
      bench: 'simulator',
      what: 'reports served',
      measured: median(perSecond),
      bound: { atLeast: LEAST_PER_SECOND },
      unit: '/s',
      note: `to a bare pool of ${CONCURRENCY} connections, of ${AGENTS} agents in turn`,
    },
  ];
}
