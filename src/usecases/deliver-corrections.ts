import pMap from 'p-map';
import { ProgramError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import type { Policy } from '../domain/policy.ts';
import { LONGEST_RETRY_AFTER_MS } from '../domain/retry-after.ts';
import { growingPauseMs } from './growing-pause.ts';
import { OutageWatch } from './outage-watch.ts';
import type {
  AttemptResult,
  Clock,
  DeliveryAnswer,
  DeliveryStore,
  DueCorrection,
  Lease,
  Log,
  OperatingStore,
  Vendor,
} from './ports.ts';
import { verifyOnHold } from './verify-on-hold.ts';

/** Older than this, a key may be forgotten at the vendor: it is asked before the same bytes are sent again. */
const ASK_AFTER_MS = 3_600_000;
const PAUSES = { firstMs: 1_000, longestMs: 15 * 60_000 };
/** After a 403, which only a person mends: longer than a pass takes, and over when the next run comes. */
const FORBIDDEN_PAUSE_MS = 5 * 60_000;
/** A pass waits this long for what will be due soon, so that one lost answer does not wait for the next run. */
const PATIENCE_MS = 5_000;
/** No request takes longer from us to the vendor, whatever proxies and time-outs lie between. */
const LONGEST_JOURNEY_MS = 5 * 60_000;
const PAGE = 200;

export interface DeliverDeps {
  readonly store: Omit<DeliveryStore, 'unaskedCorrections' | 'noteAsked'> & Pick<OperatingStore, 'isOnHold'>;
  readonly vendor: Pick<Vendor, 'sendAdjustment' | 'findAdjustment' | 'takeBackAdjustment'>;
  readonly clock: Clock;
  readonly log: Log;
  /** At least 0, below 1; for the jitter of pauses. */
  readonly random: () => number;
  readonly maxConcurrency: number;
  /** `M`, for reopening time whose correction was taken back. */
  readonly policy: Pick<Policy, 'marginMs'>;
}

/** What one pass came to; what waits or is unknown is counted by the store, since it is not only this pass's. */
export interface Delivered {
  delivered: number;
  /** Of those, how many the vendor had taken before. */
  duplicate: number;
  refused: number;
  takenBack: number;
}

export function noneDelivered(): Delivered {
  return { delivered: 0, duplicate: 0, refused: 0, takenBack: 0 };
}

/**
 * Sends what closed runs have let go and takes back what a person has approved (reconciliation.md 5). Every
 * attempt is committed before its first byte leaves; an unanswered one is *unknown* and is sent again with the
 * same key and the same bytes. On hold after a restore nothing is sent: the vendor is only asked by key.
 * @param counts is counted up as it goes, so that whoever breaks off knows how far it came.
 * @throws the signal's reason, once what is under way has ended.
 */
export async function deliverCorrections(
  deps: DeliverDeps,
  lease: Lease,
  signal: AbortSignal,
  counts: Delivered = noneDelivered(),
): Promise<Delivered> {
  const { store, clock, maxConcurrency } = deps;
  if (await store.isOnHold()) return verifyOnHold(deps, lease, signal, counts);
  const pass = new Pass(deps, lease, signal, counts);
  while (!pass.isOver) {
    const due = await store.dueCorrections(clock.now(), PAGE);
    if (due.length > 0) {
      // Not with the signal: what is under way when it aborts is waited for, so that its answer is not lost.
      await pMap(due, (correction) => pass.deliver(correction), { concurrency: maxConcurrency });
    } else if (!(await pass.waitForNext())) break;
  }
  signal.throwIfAborted();
  return counts;
}

/** One pass over what is due. */
class Pass {
  readonly #counts: Delivered;
  readonly #deps: DeliverDeps;
  readonly #lease: Lease;
  readonly #signal: AbortSignal;
  readonly #outage = new OutageWatch();
  readonly #giveUpAt: Instant;

  constructor(deps: DeliverDeps, lease: Lease, signal: AbortSignal, counts: Delivered) {
    this.#counts = counts;
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
    const { store, clock } = this.#deps;
    const now = clock.now();
    const next = await store.nextDueAt(now);
    if (next === undefined || next > this.#giveUpAt) return false;
    await clock.sleep(next - now, this.#signal);
    return true;
  }

  async deliver(correction: DueCorrection): Promise<void> {
    if (this.isOver) return;
    if (!this.#mustAsk(correction) || (await this.#ask(correction))) await this.#attempt(correction);
  }

  async #attempt(correction: DueCorrection): Promise<void> {
    const { store, clock } = this.#deps;
    const attemptId = await store.beginAttempt(this.#lease, correction.correctionId, clock.now());
    if (attemptId === undefined) return;
    const answer = await this.#doubted(correction, await this.#send(correction));
    await this.#record(correction, attemptId, answer);
  }

  /** A refusal says nothing of an earlier try that nobody answered; whether that one was taken, its key tells. */
  async #doubted(correction: DueCorrection, answer: DeliveryAnswer): Promise<DeliveryAnswer> {
    const { userId, key, status } = correction;
    if (answer.outcome !== 'refused') return answer;
    if (status === 'take_back_unknown') return this.#onceAlone(correction, answer);
    if (status !== 'unknown') return answer;
    try {
      const vendorId = await this.#deps.vendor.findAdjustment(userId, key);
      if (vendorId !== undefined) return { outcome: 'delivered', vendorId, duplicate: true };
      return this.#onceAlone(correction, answer);
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      const reason = `${answer.reason}; asked by key: ${error.message}`;
      const retryAfterMs = saysForbidden(error) ? FORBIDDEN_PAUSE_MS : undefined;
      return { outcome: 'unknown', reason, retryAfterMs };
    }
  }

  /** A refusal stands once no earlier try can be on its way any more: that one may still be taken. */
  #onceAlone({ lastAttemptAt }: DueCorrection, refusal: DeliveryAnswer & { reason: string }): DeliveryAnswer {
    const aloneInMs = (lastAttemptAt ?? 0) + LONGEST_JOURNEY_MS - this.#deps.clock.now();
    if (aloneInMs <= 0) return refusal;
    const reason = `${refusal.reason}; an earlier try may still be on its way`;
    return { outcome: 'unknown', reason, retryAfterMs: aloneInMs };
  }

  /** Without the pass's signal: giving up on an answer would only make it unknown. */
  #send({ userId, key, body, vendorId, status }: DueCorrection): Promise<DeliveryAnswer> {
    const { vendor } = this.#deps;
    if (status === 'waiting' || status === 'unknown') return vendor.sendAdjustment(userId, key, body);
    if (vendorId === undefined) throw new Error('a correction to take back has no id at the vendor');
    return vendor.takeBackAdjustment(userId, vendorId);
  }

  /** Another process may have sent it, the vendor may have forgotten the key, or the database is a restored one. */
  #mustAsk({ status, firstSentAt, lastAttemptFence, madeBeforeHold }: DueCorrection): boolean {
    if (status.startsWith('take_back')) return false;
    if (madeBeforeHold) return true;
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
      if (this.#signal.aborted) return false;
      if (!(error instanceof ProgramError)) throw error;
      const reason = `asked by key: ${error.message}`;
      const notTaken = { outcome: 'not_taken', reason, retryAfterMs: undefined } as const;
      await this.#record(correction, undefined, { ...notTaken, forbidden: saysForbidden(error) });
    }
    return false;
  }

  async #record(
    correction: DueCorrection,
    attemptId: number | undefined,
    answer: DeliveryAnswer,
  ): Promise<void> {
    const { store, clock, policy } = this.#deps;
    const { correctionId } = correction;
    const now = clock.now();
    const result = this.#resultOf(correction, answer, now);
    await store.finishAttempt(
      this.#lease,
      { correctionId, attemptId, marginMs: policy.marginMs, ...result },
      now,
    );
    this.#count(answer, correction);
  }

  #resultOf(correction: DueCorrection, answer: DeliveryAnswer, now: Instant): AttemptOutcome {
    const settled = { vendorId: undefined, notBefore: undefined, delaysAll: false };
    const isTakeBack = correction.status.startsWith('take_back');
    switch (answer.outcome) {
      case 'delivered': {
        if (isTakeBack) return { ...settled, state: 'taken_back', answer: 'taken back' };
        const words = answer.duplicate ? 'delivered; the vendor had taken it before' : 'delivered';
        return { ...settled, state: 'delivered', answer: words, vendorId: answer.vendorId };
      }
      case 'refused':
      case 'key_reused':
        // The vendor keeps what it was asked to drop: it stands, and a person has to look.
        return { ...settled, state: isTakeBack ? 'delivered' : 'refused', answer: answer.reason };
      case 'not_taken':
      case 'unknown': {
        const notBefore = now + this.#waitMs(answer, correction.attempts);
        const delaysAll = answer.outcome === 'not_taken' && answer.retryAfterMs !== undefined;
        const lost = isTakeBack ? 'take_back_unknown' : 'unknown';
        // What surely was not taken is what it was before: an earlier try of an unknown one may have been.
        const state = answer.outcome === 'unknown' ? lost : correction.status;
        return { ...settled, state, answer: answer.reason, notBefore, delaysAll };
      }
    }
  }

  /** As long as the vendor asks for, within reason. */
  #waitMs(answer: Unsettled, attempts: number): number {
    const { retryAfterMs = growingPauseMs(attempts, PAUSES, this.#deps.random()) } = answer;
    const pauseMs = Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS);
    const isForbidden = answer.outcome === 'not_taken' && answer.forbidden === true;
    return isForbidden ? Math.max(pauseMs, FORBIDDEN_PAUSE_MS) : pauseMs;
  }

  #count(answer: DeliveryAnswer, { correctionId, userId, status }: DueCorrection): void {
    const { log } = this.#deps;
    const fields = { correctionId, agent: userId, outcome: answer.outcome };
    if (answer.outcome === 'delivered') {
      this.#outage.succeeded();
      if (status.startsWith('take_back')) this.#counts.takenBack++;
      else this.#counts.delivered++;
      if (answer.duplicate && !status.startsWith('take_back')) this.#counts.duplicate++;
      log.debug(fields, 'correction settled');
    } else if (answer.outcome === 'key_reused') {
      this.#counts.refused++;
      const what = 'the vendor holds this key with other content: look into it';
      log.error({ ...fields, reason: answer.reason }, what);
    } else if (answer.outcome === 'refused') {
      this.#counts.refused++;
      this.#outage.succeeded();
      log.warn({ ...fields, reason: answer.reason }, 'correction refused');
    } else {
      this.#outage.failed('vendor_unavailable');
      log.warn({ ...fields, reason: answer.reason }, 'correction not settled; it stays due');
    }
  }
}

function saysForbidden({ code }: ProgramError): boolean {
  return code === 'vendor_forbidden';
}

type Unsettled = Extract<DeliveryAnswer, { outcome: 'not_taken' | 'unknown' }>;
type AttemptOutcome = Omit<AttemptResult, 'correctionId' | 'attemptId' | 'marginMs'>;
