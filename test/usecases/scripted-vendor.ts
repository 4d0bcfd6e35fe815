import { adjustmentBody } from '../../src/cxone/adjustments.ts';
import { ProgramError } from '../../src/domain/errors.ts';
import { createJudge } from '../../src/domain/judge.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import type { Clock, Log, Store, Vendor } from '../../src/usecases/ports.ts';
import { type RunReport, runOnce } from '../../src/usecases/run-once.ts';
import type { Tally } from '../../src/usecases/tally.ts';

export const T0 = Date.UTC(2026, 2, 2, 9);
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
const RENEWAL_MS = 15_000;

/** What was logged, level and message alone. */
export interface Said {
  readonly level: keyof Log;
  readonly fields: object;
  readonly message: string;
}

/** A vendor that does what the test says, an empty database in memory, and a clock that the test moves. */
export class Stage {
  now = T0;
  /** Whom the roster lists; `undefined` when it cannot be read. */
  roster: string[] | undefined = [];
  /** Whose report answers 404. */
  readonly gone = new Set<string>();
  readonly asked: string[] = [];
  readonly said: Said[] = [];
  readonly store: Store = openStore({ path: ':memory:' });
  maxWindowMs = 24 * HOUR_MS;

  readonly clock: Clock = {
    now: () => this.now,
    // The lock is renewed for as long as the run takes, which here is no time at all; pauses are over at once.
    sleep: (ms, signal) => {
      if (ms >= RENEWAL_MS) return new Promise((_, reject) => signal?.addEventListener('abort', reject));
      this.now += ms;
      return Promise.resolve();
    },
    timeoutSignal: () => new AbortController().signal,
  };

  readonly vendor: Vendor = {
    roster: () => this.#roster(),
    agentStatus: async () => undefined,
    report: async (userId, { start, end }) => {
      this.asked.push(userId);
      if (this.gone.has(userId))
        throw new ProgramError('agent_not_found', `report of user ${userId}: status 404`);
      return [{ start, end, state: 'available', durationSeconds: (end - start) / 1000 }];
    },
    schedule: async () => ({ version: 1, shifts: [] }),
    adjustmentBody,
    sendAdjustment: async (_, key) => ({ outcome: 'delivered', vendorId: `adj-${key}`, duplicate: false }),
    findAdjustment: async () => undefined,
    takeBackAdjustment: async (_, vendorId) => ({ outcome: 'delivered', vendorId, duplicate: false }),
  };

  async log(userId: string, at: number, state = 'available'): Promise<void> {
    const transition = { userId, state, at, receivedAt: this.now, source: 'import' } as const;
    await this.store.recordTransitions([transition], { marginMs: DEFAULT_POLICY.marginMs, closedBefore: 0 });
  }

  /** A reconciliation of what is due; also says who was asked about. */
  async run(
    signal = new AbortController().signal,
    onProgress: (tally: Tally) => void = () => undefined,
  ): Promise<RunReport & { asked: readonly string[] }> {
    this.asked.length = 0;
    const { store, vendor, clock } = this;
    const say = (level: keyof Log) => (fields: object, message: string) => {
      this.said.push({ level, fields, message });
    };
    const { marginMs, thresholdMs } = DEFAULT_POLICY;
    const deps = {
      store,
      vendor,
      clock,
      log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
      judge: createJudge(DEFAULT_POLICY),
      policy: DEFAULT_POLICY,
      limits: {
        marginMs,
        backfillMs: 24 * HOUR_MS,
        lockMs: 14 * 24 * HOUR_MS,
        maxWindowMs: this.maxWindowMs,
        minWindowMs: MINUTE_MS,
      },
      breakers: { maxCorrectionsPerRun: 5_000, factor: 0, clock: false, emptyShare: 0, thresholdMs },
      maxConcurrency: 4,
      random: () => 0.5,
      onProgress,
      owner: { name: 'test pid 1 (00000000)', isGone: () => false },
    };
    const request = { trigger: 'test', from: undefined, to: undefined, agents: undefined };
    return { ...(await runOnce(deps, request, signal)), asked: [...this.asked] };
  }

  async *#roster() {
    if (this.roster === undefined) throw new ProgramError('vendor_unavailable', 'roster: status 500');
    const blank = { name: undefined, team: undefined, timeZone: undefined };
    yield this.roster.map((userId) => ({ userId, agentId: `agt-${userId}`, username: userId, ...blank }));
  }
}
