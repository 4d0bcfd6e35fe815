import { ProgramError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import type { AgentPlan } from '../domain/plan.ts';
import type { Commit } from './commit-queue.ts';
import {
  type Judged,
  type JudgingDeps,
  type JudgingTask,
  judgeWindow,
  readEvidence,
  readSides,
} from './judge-window.ts';
import type { Evidence } from './ports.ts';
import { countAgent } from './window-figures.ts';

/** A log that changes faster than it can be judged this often in a row is left to the next run. */
const MAX_REJUDGEMENTS = 5;

/** An agent with time to judge, and what the store knew of the first window when it was planned. */
export interface PlannedAgent {
  readonly userId: string;
  readonly plan: AgentPlan;
  readonly evidence: Evidence;
}

/**
 * Judges an agent's windows, oldest first, each committed before the next is read. What fails leaves the
 * watermark at the end of the last window that was committed.
 */
export async function judgeAgent(
  deps: JudgingDeps,
  { userId, plan, evidence }: PlannedAgent,
  now: Instant,
  commit: Commit,
  signal: AbortSignal,
  onJudged: (judged: Judged) => Promise<void>,
): Promise<void> {
  let progress = plan.agent;
  let skipped = plan.skipped;
  let known: Evidence | undefined = evidence;
  const counted = { paired: false, working: false, empty: false };
  for (const window of plan.windows) {
    const task = { userId, window, progress, skipped, now, counted };
    const judged = await judgeAndCommit(deps, task, known, commit, signal);
    await onJudged(judged);
    countAgent(counted, judged.commit.figures);
    progress = judged.progress;
    skipped = undefined;
    known = undefined;
  }
}

async function judgeAndCommit(
  deps: JudgingDeps,
  task: JudgingTask,
  known: Evidence | undefined,
  commit: Commit,
  signal: AbortSignal,
): Promise<Judged> {
  let sides = await readSides(deps, task, known ?? (await readOne(deps, task)), signal);
  for (let again = 0; again <= MAX_REJUDGEMENTS; again++) {
    const judged = judgeWindow(deps, task, sides);
    if ((await commit(judged.commit)) === 'committed') return judged;
    sides = { ...sides, evidence: await readOne(deps, task) };
  }
  throw new ProgramError('vendor_unavailable', 'the log kept changing while it was judged; it stays due');
}

async function readOne(deps: JudgingDeps, task: JudgingTask): Promise<Evidence> {
  const [evidence] = await readEvidence(deps, [task]);
  return evidence as Evidence;
}
