import type { Check } from '../domain/checkup.ts';
import { formatInstant, type Instant } from '../domain/instant.ts';
import type { Clock, Store } from './ports.ts';
import type { ServiceFigures } from './web-ports.ts';

/** A job of the worker, with how to count its slots after one instant and up to another. */
export interface JobSlots {
  readonly name: string;
  slotsSince(last: Instant, now: Instant): number;
}

export interface ScheduleDeps {
  readonly store: Store & { figures(): Promise<ServiceFigures> };
  readonly clock: Clock;
  readonly jobs: readonly JobSlots[];
}

const HOUR_MS = 3_600_000;
/** Runs come every quarter of an hour; none that went well for so long is worth a look (README, What to watch). */
const LATE_MS = HOUR_MS;

/** How far the schedule is behind: the last slots, the last run, and who was not judged for longest. */
export async function diagnoseSchedule({ store, clock, jobs }: ScheduleDeps): Promise<Check[]> {
  const now = clock.now();
  const slots = await Promise.all(jobs.map(async (job) => ({ job, last: await store.lastSlot(job.name) })));
  const figures = await store.figures();
  return [
    ...ofSlots(slots, now),
    ofRuns(figures, now),
    ...ofWatermark(figures, now),
    ...((await store.isOnHold()) ? [HOLD] : []),
  ];
}

const HOLD: Check = {
  check: 'hold',
  level: 'warning',
  says: 'Nothing is sent since a backup was restored',
  means: 'Corrections are asked about by key and wait.',
  todo: 'Compare with what was sent after the backup was made, then run `adherence resume`.',
};

type Slots = readonly { readonly job: JobSlots; readonly last: Instant | undefined }[];

function ofSlots(slots: Slots, now: Instant): Check[] {
  const known = slots.flatMap(({ job, last }) => (last === undefined ? [] : [{ job, last }]));
  if (known.length === 0) {
    const says = 'No worker has run on this database';
    const means = 'Commands are started by a schedule of your own, or nothing has run yet.';
    return [{ check: 'schedule', level: 'ok', says, means }];
  }
  return known.map(({ job, last }) => ofJob(job, last, now));
}

function ofJob(job: JobSlots, last: Instant, now: Instant): Check {
  const passed = job.slotsSince(last, now);
  const says = `${job.name}: last slot ${formatInstant(last)}, ${ago(now - last)} ago`;
  // The latest slot is in the ledger only once its job has ended.
  if (passed <= 1) return { check: 'schedule', level: 'ok', says, means: 'The worker keeps its schedule.' };
  return {
    check: 'schedule',
    level: 'warning',
    says: `${says}; ${passed} slots have passed since`,
    means: 'The worker is not running, or the job takes longer than its schedule allows. One run catches up.',
    todo: 'Start the worker and look at its log. With a schedule of your own this may stay as it is.',
  };
}

function ofRuns({ lastRun, lastGoodRunAt, heldRuns }: ServiceFigures, now: Instant): Check {
  const check = 'last run';
  if (lastRun === undefined) {
    const todo = 'Run `adherence collect` or `adherence import`, then `adherence run`.';
    return { check, level: 'warning', says: 'There was none', means: 'Nothing has been judged yet.', todo };
  }
  const good =
    lastGoodRunAt === undefined ? 'none went well' : `one went well ${ago(now - lastGoodRunAt)} ago`;
  const says = `Run ${lastRun.runId}: ${lastRun.status}; ${good}`;
  if (heldRuns > 0) {
    const means = `A circuit breaker holds ${heldRuns === 1 ? 'a run' : `${heldRuns} runs`}: no correction leaves.`;
    const todo = 'Look why with `adherence runs`, then release or drop it.';
    return { check, level: 'warning', says, means, todo };
  }
  if (lastGoodRunAt === undefined || now - lastGoodRunAt > LATE_MS) {
    const todo = 'Look what `adherence runs` says, and run `adherence run`.';
    return { check, level: 'warning', says, means: 'What was logged since is not judged.', todo };
  }
  return { check, level: 'ok', says, means: 'What is due is judged.' };
}

function ofWatermark({ oldestWatermark, agents, lastRun }: ServiceFigures, now: Instant): Check[] {
  if (oldestWatermark === undefined || lastRun === undefined) return [];
  const check = 'lag';
  const lagMs = now - oldestWatermark;
  const says = `Of ${agents} agents the one furthest behind was judged up to ${formatInstant(oldestWatermark)}, ${ago(lagMs)} ago`;
  if (lagMs <= LATE_MS) return [{ check, level: 'ok', says, means: 'All agents are judged in time.' }];
  const means = 'Some agents stay due: they could not be judged, or runs do not keep up.';
  return [
    {
      check,
      level: 'warning',
      says,
      means,
      todo: 'See whom the last run could not judge: `adherence runs --json`.',
    },
  ];
}

/** `12 s`, `5 min`, `3 h`, `2 days`. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}
