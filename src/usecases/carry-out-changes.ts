import pMap from 'p-map';
import type { Change } from '../domain/change.ts';
import { ProgramError } from '../domain/errors.ts';
import { type AttemptDeps, attemptChange } from './attempt-change.ts';
import { auditEntry, DEFERRED_JOB } from './audit-entry.ts';
import { OutageWatch } from './outage-watch.ts';
import { pagesOf } from './pages.ts';
import type { OperatingStore } from './ports.ts';

export interface CarryDeps extends AttemptDeps {
  readonly store: AttemptDeps['store'] & Pick<OperatingStore, 'isOnHold'>;
}

/** What a tick did. */
export interface CarryReport {
  /** Changes that came to an end, by how. */
  readonly ended: Readonly<Partial<Record<Change['status'], number>>>;
  readonly waiting: number;
  /** Agents who could not be read; their changes wait. */
  readonly failed: number;
}

const PAGE = 200;
const CONCURRENCY = 8;
/** Who has just asked for a change is still at it; should his process die, the queue takes over after this. */
const ASKER_MS = 15_000;

/**
 * Carries out the changes that were put off, one queue per agent and in order: looked at on each tick, and at once
 * when the vendor tells of something that happened to their agent. An agent is worked on once at a time.
 */
export class ChangeQueue {
  readonly #deps: CarryDeps;
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  #outage = new OutageWatch();

  constructor(deps: CarryDeps) {
    this.#deps = deps;
  }

  /** One look at all that is queued. Does nothing while on hold: what a restored database has queued may be old. */
  async tick(signal?: AbortSignal): Promise<CarryReport> {
    const { store, owner, clock } = this.#deps;
    const report = new Report();
    if (await store.isOnHold()) return report;
    this.#outage = new OutageWatch();
    await store.requeueOrphans(owner.isGone, clock.now());
    const work = (userId: string): Promise<void> => this.#workOn(userId, report, signal);
    await pMap(this.#dueAgents(), work, { concurrency: CONCURRENCY, ...(signal && { signal }) });
    return report;
  }

  /** Something happened to this agent, whose queue is looked at now; not while on hold either. */
  async wake(userId: string, signal?: AbortSignal): Promise<void> {
    if (await this.#deps.store.isOnHold()) return;
    await this.#workOn(userId, new Report(), signal);
  }

  async *#dueAgents(): AsyncGenerator<string> {
    const pages = pagesOf(PAGE, this.#deps.store.dueChanges, ({ changeId }) => changeId);
    for await (const page of pages) yield* page.map(({ userId }) => userId);
  }

  /** Who comes while the agent is being worked on has it looked at once more after that. */
  async #workOn(userId: string, report: Report, signal: AbortSignal | undefined): Promise<void> {
    const underWay = this.#underWay.get(userId);
    if (underWay !== undefined) {
      this.#again.add(userId);
      await underWay;
      return;
    }
    const work = this.#drain(userId, report, signal);
    this.#underWay.set(userId, work);
    await work;
  }

  async #drain(userId: string, report: Report, signal: AbortSignal | undefined): Promise<void> {
    try {
      do {
        this.#again.delete(userId);
        await this.#expire(userId, report);
        await this.#carryOut(userId, report, signal);
      } while (this.#again.has(userId) && signal?.aborted !== true);
    } finally {
      // In the same turn as the last look at who has come: nobody may wait for work that is over.
      this.#underWay.delete(userId);
    }
  }

  /** One after the other, as long as each comes to its end. */
  async #carryOut(userId: string, report: Report, signal: AbortSignal | undefined): Promise<void> {
    const { store, clock, log } = this.#deps;
    for (;;) {
      const next = await store.nextChange(userId);
      if (next === undefined) return;
      const { changeId, why, sendings, requestedAt } = next;
      const isAskersOwn = why === undefined && sendings === 0;
      if (isAskersOwn && clock.now() - requestedAt < ASKER_MS) return;
      try {
        this.#outage.check();
        const { change } = await attemptChange(this.#deps, next, DEFERRED_JOB, signal);
        this.#outage.succeeded();
        report.add(change.status);
        if (change.status === 'queued' || change.status === 'applying') return;
      } catch (err) {
        if (signal?.aborted === true || !(err instanceof ProgramError)) throw err;
        this.#outage.failed(err.code);
        report.failed += 1;
        log.warn({ change: changeId, agent: userId, err }, 'the agent cannot be read; the change waits');
        return;
      }
    }
  }

  /**
   * What is past its time ends without a reading, wherever in the queue it stands; but what has left the house
   * unanswered may have been applied, and only a reading can say.
   */
  async #expire(userId: string, report: Report): Promise<void> {
    const { store, clock, log } = this.#deps;
    const now = clock.now();
    for (const { changeId, status, deadlineAt, unansweredAt, wanted } of await store.openChanges(userId)) {
      if (status !== 'queued' || deadlineAt > now || unansweredAt !== undefined) continue;
      const why = 'its time ran out before it could be sent';
      const entry = auditEntry(now, DEFERRED_JOB, 'status_expired', { userId, subject: changeId, why });
      if (!(await store.stepChange(changeId, 'queued', { status: 'expired', why }, entry))) continue;
      report.add('expired');
      const fields = { change: changeId, agent: userId, state: wanted.state, outcome: 'expired', why };
      log.warn(fields, 'status change not carried out');
    }
  }
}

class Report implements CarryReport {
  readonly ended: Partial<Record<Change['status'], number>> = {};
  waiting = 0;
  failed = 0;

  add(status: Change['status']): void {
    if (status === 'queued' || status === 'applying') this.waiting += 1;
    else this.ended[status] = (this.ended[status] ?? 0) + 1;
  }
}
