/** The whole judgement of an agent's day against a bare sweep over typed arrays of the same day. */
import { createJudge } from '../../src/domain/judge.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { agentDays } from './agent-days.ts';
import { FilledColumns } from './filled-columns.ts';
import { interleaved, timed } from './measure.ts';
import { prepareDays, sweep } from './two-pointer-sweep.ts';
import type { Row } from './verdict.ts';

const AGENTS = 500;
const WARM_UP_ROUNDS = 3;
const ROUNDS = 15;
/** The sweep is short: it goes over the days so often that the clock can tell. */
const SWEEPS_PER_ROUND = 20;
const JUDGEMENTS_PER_ROUND = 4;

export async function benchComparison(): Promise<Row[]> {
  const days = agentDays(AGENTS);
  const prepared = prepareDays(days);
  const judge = createJudge(DEFAULT_POLICY);
  const columns = new FilledColumns();
  const sums = { pairs: 0, driftMs: 0, differentMs: 0 };
  let findings = 0;
  const perDayUs = async (work: () => void, times: number): Promise<number> =>
    ((await timed(() => repeat(work, times))) / times / days.length) * 1000;
  const contestants = {
    judge: () =>
      perDayUs(() => {
        for (const day of days) findings += judge(day).length;
      }, JUDGEMENTS_PER_ROUND),
    sweep: () =>
      perDayUs(() => {
        for (let day = 0; day < days.length; day++) sweep(prepared, day, sums);
      }, SWEEPS_PER_ROUND),
    filledSweep: () =>
      perDayUs(() => {
        for (const day of days) sweep(columns.fill(day), 0, sums);
      }, SWEEPS_PER_ROUND),
  };
  await interleaved(contestants, WARM_UP_ROUNDS);
  const rounds = await interleaved(contestants, ROUNDS);
  if (findings === 0 || sums.pairs === 0) throw new Error('There was nothing to find.');
  const boundaries = prepared.log.instants.length + prepared.report.instants.length;
  const per = Math.round(boundaries / days.length);
  const note = `a day of ${per} boundaries: ${rounds.medianMs('judge').toFixed(1)} µs, sweep ${rounds.medianMs('sweep').toFixed(1)} µs`;
  return [
    {
      bench: 'comparison',
      what: 'judgement / bare sweep',
      measured: rounds.ratio('judge', 'sweep'),
      bound: { atMost: 3 },
      unit: '',
      note,
    },
    {
      bench: 'comparison',
      what: 'judgement / sweep from rows',
      measured: rounds.ratio('judge', 'filledSweep'),
      bound: undefined,
      unit: '',
      note: `${rounds.medianMs('filledSweep').toFixed(1)} µs when the sweep must first fill its arrays from the rows that the judge is handed`,
    },
  ];
}

function repeat(work: () => void, times: number): void {
  for (let time = 0; time < times; time++) work();
}
