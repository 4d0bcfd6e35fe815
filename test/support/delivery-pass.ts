import { type Delivered, deliverCorrections } from '../../src/usecases/deliver-corrections.ts';
import type { DeliveryAnswer, Vendor } from '../../src/usecases/ports.ts';
import { DeliveryLedger, Listener, type Row, ScriptedVendor } from './delivery-room.ts';
import { t } from './rows.ts';
import { VirtualClock } from './virtual-clock.ts';

export const NOW = t('12:00:00');
export const HOUR = 3_600_000;
export const LEASE = { owner: 'me', fence: 1 };

/** A ledger, a vendor and a clock, and a delivery between them. */
export class DeliveryPass {
  readonly clock = new VirtualClock(NOW);
  readonly ledger = new DeliveryLedger();
  readonly vendor = new ScriptedVendor(this.clock);
  readonly log = new Listener();
  readonly stop = new AbortController();
  random = 0;

  add(more: Partial<Row> = {}): Row {
    const number = this.ledger.rows.length + 1;
    const row: Row = {
      correctionId: `c${number}`,
      userId: `u${number}`,
      key: `k${number}`,
      body: `{"n":${number}}`,
      start: t('09:05:00'),
      end: t('09:05:05'),
      state: 'acw',
      status: 'waiting',
      vendorId: undefined,
      firstSentAt: undefined,
      attempts: 0,
      lastAttemptAt: undefined,
      lastAttemptFence: undefined,
      madeBeforeHold: false,
      ...more,
    };
    this.ledger.rows.push(row);
    return row;
  }

  /** One that this very process has sent a moment ago without an answer. */
  addUnknown(more: Partial<Row> = {}): Row {
    const sent = { attempts: 1, firstSentAt: NOW - 2_000, lastAttemptFence: LEASE.fence };
    return this.add({ status: 'unknown', ...sent, ...more });
  }

  deliver(maxConcurrency = 4): Promise<Delivered> {
    const deps = {
      store: this.ledger,
      vendor: this.vendor as unknown as Vendor,
      clock: this.clock,
      log: this.log,
      random: () => this.random,
      maxConcurrency,
      policy: { marginMs: 300_000 },
    };
    return deliverCorrections(deps, LEASE, this.stop.signal);
  }
}

export const FRESH = {
  outcome: 'delivered',
  vendorId: 'adj-1',
  duplicate: false,
} as const satisfies DeliveryAnswer;
export const BEFORE = {
  outcome: 'delivered',
  vendorId: 'adj-1',
  duplicate: true,
} as const satisfies DeliveryAnswer;
export const REFUSED = { outcome: 'refused', reason: '422 unknown state' } as const satisfies DeliveryAnswer;
export const REUSED = { outcome: 'key_reused', reason: '409 key_reused' } as const satisfies DeliveryAnswer;
export const NOT_TAKEN = {
  outcome: 'not_taken',
  reason: 'no connection',
  retryAfterMs: undefined,
} as const satisfies DeliveryAnswer;
export const QUIET = {
  outcome: 'not_taken',
  reason: '429',
  retryAfterMs: 60_000,
} as const satisfies DeliveryAnswer;
export const FORBIDDEN = {
  outcome: 'not_taken',
  reason: '403',
  retryAfterMs: undefined,
  forbidden: true,
} as const satisfies DeliveryAnswer;
export const SILENCE = {
  outcome: 'unknown',
  reason: 'no answer',
  retryAfterMs: undefined,
} as const satisfies DeliveryAnswer;
export const BUSY = {
  outcome: 'unknown',
  reason: '503',
  retryAfterMs: 60_000,
} as const satisfies DeliveryAnswer;
