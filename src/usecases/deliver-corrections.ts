import pMap from 'p-map';
import { ProgramError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import { OutageWatch } from './outage-watch.ts';
import type {
  AttemptResult,
  Clock,
  DeliveryAnswer,
  DeliveryStore,
  DueCorrection,
  Lease,
  Log,
  Vendor,
} from './ports.ts';

/** Older than this, a key may be forgotten at the vendor: it is asked before the same bytes are sent again. */
const ASK_AFTER_MS = 3_600_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15 * 60_000;
/** A pass waits this long for what will be due soon, so that one lost answer does not wait for the next run. */
const PATIENCE_MS = 5_000;
const PAGE = 200;

export interface DeliverDeps {
  readonly store: DeliveryStore;
  readonly vendor: Vendor;
  readonly clock: Clock;
  readonly log: Log;
  /** At least 0, below 1; for the jitter of pauses. */
  readonly random: () => number;
  readonly maxConcurrency: number;
}

/** What one pass came to; what waits or is unknown is counted by the store, since it is not only this pass's. */
export interface Delivered {
  delivered: number;
  /** Of those, how many the vendor had taken before. */
  duplicate: number;
  refused: number;
}

/**
 * Sends what closed runs have let go (reconciliation.md 5). Every attempt is committed before its first byte
 * leaves; an unanswered one is *unknown* and is sent again with the same key and the same bytes.
 */
export async function deliverCorrections(
  deps: DeliverDeps,
  lease: Lease,
  signal: AbortSignal,
): Promise<Delivered> {
  const pass = new Pass(deps, lease, signal);
  const { store, clock, maxConcurrency } = deps;
  while (!pass.isOver) {
    const due = await store.dueCorrections(clock.now(), PAGE);
    if (due.length > 0)
      await pMap(due, (correction) => pass.deliver(correction), { concurrency: maxConcurrency, signal });
    else if (!(await pass.waitForNext())) break;
  }
  return pass.counts;
}

/** One pass over what is due. */
class Pass {
  readonly counts: Delivered = { delivered: 0, duplicate: 0, refused: 0 };
  readonly #deps: DeliverDeps;
  readonly #lease: Lease;
  readonly #signal: AbortSignal;
  readonly #outage = new OutageWatch();
  #nextDue = Number.POSITIVE_INFINITY;
  readonly #giveUpAt: Instant;

  constructor(deps: DeliverDeps, lease: Lease, signal: AbortSignal) {
    this.#deps = deps;
    this.#lease = lease;
    this.#signal = signal;
    this.#giveUpAt = deps.clock.now() + PATIENCE_MS;
  }

  get isOver(): boolean {
    return this.#signal.aborted || this.#outage.isDown;
  }

  /** Waits for the next correction to be due, if that is soon. */
  async waitForNext(): Promise<boolean> {
    const { clock } = this.#deps;
    if (this.#nextDue > this.#giveUpAt) return false;
    await clock.sleep(Math.max(0, this.#nextDue - clock.now()), this.#signal);
    this.#nextDue = Number.POSITIVE_INFINITY;
    return true;
  }

  async deliver(correction: DueCorrection): Promise<void> {
    if (this.isOver) return;
    if (this.#mustAsk(correction) && !(await this.#ask(correction))) return;
    const { store, vendor, clock } = this.#deps;
    const { correctionId, userId, key, body } = correction;
    const attemptId = await store.beginAttempt(this.#lease, correctionId, clock.now());
    if (attemptId === undefined) return;
    // A pass that is told to stop still waits for this answer: giving up now would only make it unknown.
    const answer = await vendor.sendAdjustment(userId, key, body);
    await this.#record(correction, attemptId, answer);
  }

  /** Its last attempt was another process's, or so old that the vendor may have forgotten the key. */
  #mustAsk({ status, firstSentAt, lastAttemptFence }: DueCorrection): boolean {
    if (status !== 'unknown') return false;
    const isOld = firstSentAt !== undefined && this.#deps.clock.now() - firstSentAt > ASK_AFTER_MS;
    return isOld || lastAttemptFence !== this.#lease.fence;
  }

  /** Asks the vendor by key. @returns whether it is to be sent (again). */
  async #ask(correction: DueCorrection): Promise<boolean> {
    const { vendor } = this.#deps;
    try {
      const vendorId = await vendor.findAdjustment(correction.userId, correction.key, this.#signal);
      if (vendorId === undefined) return true;
      await this.#record(correction, undefined, { outcome: 'delivered', vendorId, duplicate: true });
    } catch (error) {
      if (this.#signal.aborted || !(error instanceof ProgramError)) throw error;
      const reason = `asked by key: ${error.message}`;
      await this.#record(correction, undefined, { outcome: 'unknown', reason, retryAfterMs: undefined });
    }
    return false;
  }

  async #record(
    correction: DueCorrection,
    attemptId: number | undefined,
    answer: DeliveryAnswer,
  ): Promise<void> {
    const { store, clock } = this.#deps;
    const { correctionId, attempts } = correction;
    const now = clock.now();
    const result = { correctionId, attemptId, ...this.#resultOf(answer, now, attempts) };
    await store.finishAttempt(this.#lease, result, now);
    this.#count(answer, correction);
  }

  #resultOf(
    answer: DeliveryAnswer,
    now: Instant,
    attempts: number,
  ): Omit<AttemptResult, 'correctionId' | 'attemptId'> {
    const settled = { notBefore: undefined, delaysAll: false };
    switch (answer.outcome) {
      case 'delivered': {
        const words = answer.duplicate ? 'delivered; the vendor had taken it before' : 'delivered';
        return { ...settled, state: 'delivered', answer: words, vendorId: answer.vendorId };
      }
      case 'refused':
      case 'key_reused':
        return { ...settled, state: 'refused', answer: answer.reason, vendorId: undefined };
      case 'not_taken':
      case 'unknown': {
        const notBefore = now + (answer.retryAfterMs ?? this.#pauseMs(attempts));
        this.#nextDue = Math.min(this.#nextDue, notBefore);
        const state = answer.outcome === 'unknown' ? 'unknown' : 'waiting';
        const delaysAll = answer.outcome === 'not_taken' && answer.retryAfterMs !== undefined;
        return { state, answer: answer.reason, vendorId: undefined, notBefore, delaysAll };
      }
    }
  }

  /** Twice as long after each attempt, with jitter so that many do not come back at once. */
  #pauseMs(attempts: number): number {
    const full = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempts, 20));
    return Math.round((full * (1 + this.#deps.random())) / 2);
  }

  #count(answer: DeliveryAnswer, { correctionId, userId }: DueCorrection): void {
    const { log } = this.#deps;
    const fields = { correctionId, agent: userId, outcome: answer.outcome };
    if (answer.outcome === 'delivered') {
      this.counts.delivered++;
      if (answer.duplicate) this.counts.duplicate++;
      this.#outage.succeeded();
      log.debug(fields, 'correction delivered');
    } else if (answer.outcome === 'key_reused') {
      this.counts.refused++;
      log.error(
        { ...fields, reason: answer.reason },
        'the vendor holds this key with other content: look into it',
      );
    } else if (answer.outcome === 'refused') {
      this.counts.refused++;
      this.#outage.succeeded();
      log.warn({ ...fields, reason: answer.reason }, 'correction refused');
    } else {
      this.#outage.failed('vendor_unavailable');
      log.warn({ ...fields, reason: answer.reason }, 'correction not delivered; it stays due');
    }
  }
}
