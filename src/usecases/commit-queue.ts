import type { Instant } from '../domain/instant.ts';
import type { JudgedWindow, Lease, RunStore } from './ports.ts';

/** Twice as many were measured to save an eighth of a cycle, and to take 100,000 agents past 300 MB. */
const BATCH = 32;

/** Whether a window was written, or its evidence had changed meanwhile and it must be judged again. */
export type Commit = (judged: JudgedWindow) => Promise<'committed' | 'stale'>;

interface Waiting {
  readonly judged: JudgedWindow;
  readonly settle: (outcome: Promise<'committed' | 'stale'>) => void;
}

/**
 * Gathers the windows of several agents into one transaction. It writes when a batch is full or when every
 * agent under way is waiting for it, so that it needs no timer.
 */
export class CommitQueue {
  readonly #store: Pick<RunStore, 'commitWindows'>;
  readonly #lease: Lease;
  readonly #runId: number;
  readonly #now: Instant;
  #waiting: Waiting[] = [];
  #underWay = 0;

  constructor(store: Pick<RunStore, 'commitWindows'>, lease: Lease, runId: number, now: Instant) {
    this.#store = store;
    this.#lease = lease;
    this.#runId = runId;
    this.#now = now;
  }

  /** Does an agent's work, which may commit any number of times, one after the other. */
  async agent<T>(work: (commit: Commit) => Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      return await work((judged) => this.#add(judged));
    } finally {
      this.#underWay--;
      this.#writeIfDue();
    }
  }

  #add(judged: JudgedWindow): Promise<'committed' | 'stale'> {
    const { promise, resolve } = Promise.withResolvers<'committed' | 'stale'>();
    this.#waiting.push({ judged, settle: resolve });
    this.#writeIfDue();
    return promise;
  }

  #writeIfDue(): void {
    const due = this.#waiting.length >= BATCH || this.#waiting.length >= this.#underWay;
    if (!due || this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    const windows = batch.map(({ judged }) => judged);
    const written = this.#store.commitWindows(this.#lease, this.#runId, windows, this.#now);
    for (const { judged, settle } of batch) {
      settle(written.then(({ stale }) => (stale.includes(judged.userId) ? 'stale' : 'committed')));
    }
  }
}
