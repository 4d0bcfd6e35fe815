import type { Instant, Interval } from '../domain/instant.ts';
import { Counters } from './counters.ts';
import type { Answer } from './wire.ts';

/** What a correction says. */
export interface Claim extends Interval {
  readonly userId: string;
  readonly state: string;
  readonly reason: string;
  readonly comment: string;
}

/** What happened to an adjustment, and when. */
export interface LedgerEvent {
  readonly at: Instant;
  readonly event: 'applied' | 'replayed' | 'key_reused' | 'taken_back';
}

/** An adjustment that was applied, with all that happened to it since. */
export interface Adjustment extends Claim {
  readonly id: string;
  readonly idempotencyKey: string;
  /** The request's bytes: the same key with others is refused. */
  readonly body: string;
  readonly version: number;
  readonly status: 'applied' | 'taken_back';
  readonly history: readonly LedgerEvent[];
  /** Given again when the key comes again. */
  readonly firstAnswer: Answer;
}

/** The adjustments that workforce management was sent, and the schedules' versions. */
export class Ledger {
  /** `applied`, `replayed`, `key_reused`, `refused`, `taken_back`. */
  readonly counts = new Counters();
  /** User ids of agents whose corrections are refused for good (422). */
  readonly refusing = new Set<string>();
  readonly #byKey = new Map<string, Adjustment>();
  readonly #versions = new Map<string, number>();

  /** All adjustments ever applied, in order of arrival. */
  get adjustments(): readonly Adjustment[] {
    return [...this.#byKey.values()];
  }

  /** Those of one agent that are in force. */
  inForce(userId: string): readonly Adjustment[] {
    return this.adjustments.filter((one) => one.userId === userId && one.status === 'applied');
  }

  /** The adjustment that a key stands for. */
  byKey(idempotencyKey: string): Adjustment | undefined {
    return this.#byKey.get(idempotencyKey);
  }

  /** The version of an agent's schedule; 1 before anything changed. */
  versionOf(userId: string): number {
    return this.#versions.get(userId) ?? 1;
  }

  /** Says that an agent's schedule has changed. */
  grow(userId: string): number {
    const version = this.versionOf(userId) + 1;
    this.#versions.set(userId, version);
    return version;
  }

  /**
   * Applies a correction whose key has not been seen before.
   * @param answer makes the first answer from the new adjustment's id and the version
   */
  apply(
    key: string,
    claim: Claim,
    body: string,
    now: Instant,
    answer: (id: string, version: number) => Answer,
  ): Adjustment {
    const id = `adj_${String(this.#byKey.size + 1).padStart(6, '0')}`;
    const version = this.grow(claim.userId);
    const firstAnswer = answer(id, version);
    const history = [{ at: now, event: 'applied' }] as const;
    const rest = { idempotencyKey: key, body, version, status: 'applied', history, firstAnswer } as const;
    const adjustment: Adjustment = { ...claim, id, ...rest };
    this.#byKey.set(key, adjustment);
    this.counts.add('applied');
    return adjustment;
  }

  /** Notes what happened to an adjustment. */
  note(adjustment: Adjustment, event: 'replayed' | 'key_reused' | 'taken_back', now: Instant): void {
    this.counts.add(event);
    const history = [...adjustment.history, { at: now, event }];
    const status = event === 'taken_back' ? 'taken_back' : adjustment.status;
    this.#byKey.set(adjustment.idempotencyKey, { ...adjustment, history, status });
  }

  /** Takes an adjustment back. @returns false when there is none in force */
  takeBack(userId: string, id: string, now: Instant): boolean {
    const adjustment = this.adjustments.find((one) => one.id === id && one.userId === userId);
    if (adjustment?.status !== 'applied') return false;
    this.note(adjustment, 'taken_back', now);
    this.grow(userId);
    return true;
  }
}
