import pMap from 'p-map';
import type { BreakerLimits } from '../domain/breaker.ts';
import { ProgramError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import type { Judge } from '../domain/judge.ts';
import type { PlanLimits } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import type { Commit } from './commit-queue.ts';
import { judgeAgent } from './judge-agent.ts';
import type { JudgingDeps } from './judge-window.ts';
import { OutageWatch } from './outage-watch.ts';
import { countPlanned, type Planned, plannedAgents } from './planned-agents.ts';
import type {
  AgentError,
  AgentRecord,
  AgentStore,
  Clock,
  EventLogStore,
  Log,
  RunRequest,
  RunStore,
  Vendor,
} from './ports.ts';
import type { Tally } from './tally.ts';

const UNASKED =
  'the vendor could not be asked by key about corrections from before a restore; judged once it was';

/** Agents under way for each call that may be: enough that fetching goes on while a commit is written. */
const AGENTS_PER_CALL = 4;

export interface ReconcileDeps {
  readonly store: RunStore & AgentStore & Pick<EventLogStore, 'unlockClosedTime'>;
  readonly vendor: Vendor;
  readonly clock: Clock;
  readonly log: Log;
  readonly judge: Judge;
  readonly policy: Policy;
  readonly limits: PlanLimits;
  readonly breakers: BreakerLimits;
  /** Calls to the vendor that may be under way at once. */
  readonly maxConcurrency: number;
  /** Agents whose corrections from before a restore could not be asked about: not judged yet. */
  readonly unasked?: ReadonlySet<string>;
  readonly onProgress?: (tally: Tally) => void;
  /** As soon as the ledger has the run. */
  readonly onOpened?: (runId: number) => void;
}

export interface ReconcileRequest extends RunRequest {
  /** Late evidence for closed time (`ADHERENCE_LOCK_DAYS`) is judged, too. */
  readonly unlock?: boolean;
}

/** What differs between a run that writes and one that only reads. */
export interface JudgeAllHooks {
  /** Gives an agent's work the store to read from and the way to commit. */
  agent(work: (store: JudgingDeps['store'], commit: Commit) => Promise<void>): Promise<void>;
  onFailed(agent: AgentRecord, error: AgentError): void;
  /** After each window and each agent. */
  onProgress(): Promise<void>;
}

/** Judges every agent that has something due; what one agent fails of stops nobody else. */
export async function judgeAll(
  deps: ReconcileDeps,
  request: ReconcileRequest,
  now: Instant,
  signal: AbortSignal,
  tally: Tally,
  hooks: JudgeAllHooks,
): Promise<void> {
  const outage = new OutageWatch();
  const fail = (agent: AgentRecord, error: unknown): AgentError => {
    const failure = failureOf(agent, error, signal);
    tally.failed++;
    tally.error(failure);
    hooks.onFailed(agent, failure);
    return failure;
  };
  const judgeOne = async ({ agent, ...planned }: Planned): Promise<void> => {
    // Of whom nothing is asked, nothing is learned about the vendor either.
    if (deps.unasked?.has(agent.userId)) {
      fail(agent, new ProgramError('vendor_unavailable', UNASKED));
      return hooks.onProgress();
    }
    try {
      outage.check();
      await hooks.agent((store, commit) =>
        judgeAgent(
          { ...deps, store },
          planned,
          now,
          commit,
          signal,
          async ({ commit: judged, settlement }) => {
            tally.window(judged.window, settlement.findings, judged.corrections.length);
            await hooks.onProgress();
          },
        ),
      );
      tally.judged++;
      outage.succeeded();
    } catch (error) {
      outage.failed(fail(agent, error).code);
    }
    await hooks.onProgress();
  };
  const concurrency = deps.maxConcurrency * AGENTS_PER_CALL;
  tally.planned = await countPlanned(deps, request, now);
  await pMap(plannedAgents(deps, request, now, tally), judgeOne, { concurrency, signal });
}

/** Programmer's errors and a lost lock end the run; whatever else happens to one agent is that agent's. */
function failureOf({ userId }: AgentRecord, error: unknown, signal: AbortSignal): AgentError {
  if (signal.aborted || !(error instanceof ProgramError) || !error.code.match(/^(vendor|agent)_/))
    throw error;
  return { agent: userId, code: error.code, message: error.message };
}
