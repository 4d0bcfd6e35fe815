/** A regular cycle of 10,000 agents against fetching the same reports and throwing them away. */
import { join } from 'node:path';
import { CONCURRENCY, ContactCentreDay, CYCLE_MS, MARGIN_MS } from './contact-centre-day.ts';
import type { FetchOrder } from './fetch-process.ts';
import { interleaved, ROUNDS } from './measure.ts';
import { Worker } from './processes.ts';
import { quantity, type Row } from './verdict.ts';

const AGENTS = 10_000;

export async function benchCycle(folder: string): Promise<Row[]> {
  const day = await ContactCentreDay.open(AGENTS, ROUNDS + 1, join(folder, 'cycle.db'));
  const bare = await Worker.start<FetchOrder, number>('fetch-process.ts', [day.simulator.hello, CONCURRENCY]);
  const fetchAll = (): Promise<number> => {
    const range = { start: day.now - CYCLE_MS - 2 * MARGIN_MS, end: day.now };
    return bare.ask({ range, agents: AGENTS, count: AGENTS });
  };
  await fetchAll();
  let turns = 0;
  // Both fetch the reports of one quarter hour before the next begins.
  const turn = async (): Promise<void> => {
    if (turns++ % 2 === 0) await day.advance();
  };
  const rounds = await interleaved({
    async cycle() {
      await turn();
      return (await day.cycle()).ms;
    },
    async bare() {
      await turn();
      return fetchAll();
    },
  });
  await bare.stop();
  await day.close();
  const note = `${AGENTS} agents: ${seconds(rounds.medianMs('cycle'))}, bare pool ${seconds(rounds.medianMs('bare'))}; one call each`;
  return [
    {
      bench: 'cycle',
      what: 'cycle / bare fetch',
      measured: rounds.ratio('cycle', 'bare'),
      bound: { atMost: 2 },
      unit: '',
      note,
    },
  ];
}

function seconds(ms: number): string {
  return quantity(ms / 1000, 's');
}
