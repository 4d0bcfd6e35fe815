import { ProgramError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import type { AgentPlan } from '../domain/plan.ts';
import type { Commit } from './commit-queue.ts';
import {
  type Judged,
  type JudgingDeps,
  type JudgingTask,
  judgeWindow,
  readAgain,
  readSides,
} from './judge-window.ts';
import type { AgentRecord } from './ports.ts';
import { countAgent } from './window-figures.ts';

/** A log that changes faster than it can be judged this often in a row is left to the next run. */
const MAX_REJUDGEMENTS = 5;

/**
 * Judges an agent's windows, oldest first, each committed before the next is read. What fails leaves the
 * watermark at the end of the last window that was committed.
 */
export async function judgeAgent(
  deps: JudgingDeps,
  agent: AgentRecord,
  plan: AgentPlan,
  now: Instant,
  commit: Commit,
  signal: AbortSignal,
  onJudged: (judged: Judged) => void,
): Promise<void> {
  let progress = plan.agent;
  let skipped = plan.skipped;
  const counted = { paired: false, working: false, empty: false };
  for (const window of plan.windows) {
    const task = { userId: agent.userId, window, progress, skipped, now, counted };
    const judged = await judgeAndCommit(deps, task, commit, signal);
    onJudged(judged);
    countAgent(counted, judged.commit.figures);
    progress = judged.progress;
    skipped = undefined;
  }
}

async function judgeAndCommit(
  deps: JudgingDeps,
  task: JudgingTask,
  commit: Commit,
  signal: AbortSignal,
): Promise<Judged> {
  let sides = await readSides(deps, task, signal);
  for (let again = 0; again <= MAX_REJUDGEMENTS; again++) {
    const judged = judgeWindow(deps, task, sides);
    if ((await commit(judged.commit)) === 'committed') return judged;
    sides = { ...sides, evidence: await readAgain(deps, task) };
  }
  throw new ProgramError('vendor_unavailable', 'the log kept changing while it was judged; it stays due');
}
