import { CORRECTION_STEPS, type CorrectionState } from '../../src/domain/correction.ts';
import { ProgramError } from '../../src/domain/errors.ts';
import type { Instant } from '../../src/domain/instant.ts';
import type { DeliverDeps } from '../../src/usecases/deliver-corrections.ts';
import type {
  AttemptResult,
  DeliveryAnswer,
  DueCorrection,
  Lease,
  Log,
  Vendor,
} from '../../src/usecases/ports.ts';
import type { VirtualClock } from './virtual-clock.ts';

type DeliveryPorts = DeliverDeps['store'];

/** A correction as the ledger of these tests keeps it. */
export interface Row extends Omit<DueCorrection, 'status'> {
  status: CorrectionState;
  notBefore?: Instant | undefined;
}

const QUEUED: readonly CorrectionState[] = ['waiting', 'unknown', 'take_back_waiting', 'take_back_unknown'];

/** The delivery's store in memory; it refuses every step that the life of a correction does not know. */
export class DeliveryLedger implements DeliveryPorts {
  readonly rows: Row[] = [];
  readonly results: AttemptResult[] = [];
  /** The fence of whoever has the lock now. */
  fence = 1;
  onHold = false;
  /** What a person withdrew without the ledger's list having noticed. */
  readonly withdrawn = new Set<string>();
  #quietUntil = 0;
  readonly #open = new Map<number, string>();

  async isOnHold(): Promise<boolean> {
    return this.onHold;
  }

  async dueCorrections(now: Instant, limit: number): Promise<readonly DueCorrection[]> {
    const agents = new Set(this.rows.filter(isUnderWay).map(({ userId }) => userId));
    const due = this.rows.filter((row) => {
      if (this.#quietUntil > now || !this.#isDue(row, now) || agents.has(row.userId)) return false;
      agents.add(row.userId);
      return true;
    });
    return due.slice(0, limit).map((row) => ({ ...row }));
  }

  async nextDueAt(now: Instant): Promise<Instant | undefined> {
    const queued = this.rows.filter(({ status }) => QUEUED.includes(status));
    const dueAt = queued.map(({ notBefore = 0 }) => Math.max(notBefore, this.#quietUntil));
    return dueAt.filter((at) => at > now).sort((a, b) => a - b)[0];
  }

  async undecidedCorrections(limit: number, after?: string): Promise<readonly DueCorrection[]> {
    const rest = this.rows.slice(1 + this.rows.findIndex(({ correctionId }) => correctionId === after));
    const undecided = rest.filter(({ status }) => ['waiting', 'unknown', 'held'].includes(status));
    return undecided.slice(0, limit).map((row) => ({ ...row }));
  }

  #isDue(row: Row, now: Instant): boolean {
    if ((row.notBefore ?? 0) > now) return false;
    if (row.status === 'take_back_waiting' || row.status === 'take_back_unknown') return true;
    const isOver = (other: Row) =>
      other.userId === row.userId && other.start < row.end && other.end > row.start && isTakenBack(other);
    return (row.status === 'waiting' || row.status === 'unknown') && !this.rows.some(isOver);
  }

  async beginAttempt(lease: Lease, correctionId: string, now: Instant): Promise<number | undefined> {
    this.#require(lease);
    const row = this.#row(correctionId);
    if (this.withdrawn.has(correctionId)) {
      row.status = 'withdrawn';
      return undefined;
    }
    if (this.#quietUntil > now || !this.#isDue(row, now)) return undefined;
    this.#move(row, row.status.startsWith('take_back') ? 'taking_back' : 'sending');
    const attemptId = this.results.length + this.#open.size + 1;
    this.#open.set(attemptId, correctionId);
    const { attempts, firstSentAt = now } = row;
    Object.assign(row, {
      attempts: attempts + 1,
      firstSentAt,
      lastAttemptAt: now,
      lastAttemptFence: lease.fence,
      madeBeforeHold: false,
    });
    return attemptId;
  }

  async finishAttempt(lease: Lease, result: AttemptResult): Promise<void> {
    this.#require(lease);
    const row = this.#row(result.correctionId);
    const { attemptId, state, vendorId, notBefore, delaysAll } = result;
    if (isUnderWay(row) !== (attemptId !== undefined))
      throw new Error(`${row.status}: the attempt does not fit`);
    if (attemptId !== undefined && !this.#open.delete(attemptId)) throw new Error('the attempt is not open');
    if (state !== row.status) this.#move(row, state);
    Object.assign(row, { vendorId: vendorId ?? row.vendorId, notBefore, madeBeforeHold: false });
    if (delaysAll && notBefore !== undefined) this.#quietUntil = Math.max(this.#quietUntil, notBefore);
    this.results.push(result);
  }

  async countCorrections(): Promise<Partial<Record<CorrectionState, number>>> {
    const counts: Partial<Record<CorrectionState, number>> = {};
    for (const { status } of this.rows) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }

  get states(): CorrectionState[] {
    return this.rows.map(({ status }) => status);
  }

  #row(correctionId: string): Row {
    const row = this.rows.find((one) => one.correctionId === correctionId);
    if (row === undefined) throw new Error(`there is no correction ${correctionId}`);
    return row;
  }

  #move(row: Row, to: CorrectionState): void {
    if (!CORRECTION_STEPS[row.status].includes(to)) throw new Error(`no way from ${row.status} to ${to}`);
    row.status = to;
  }

  #require({ fence }: Lease): void {
    if (fence !== this.fence) throw new ProgramError('lock_lost', 'the lock was taken over');
  }
}

function isUnderWay({ status }: Row): boolean {
  return status === 'sending' || status === 'taking_back';
}

function isTakenBack({ status }: Row): boolean {
  return status === 'take_back_waiting' || status === 'taking_back' || status === 'take_back_unknown';
}

export type ScriptedAnswer = DeliveryAnswer | (() => DeliveryAnswer | Promise<DeliveryAnswer>);

/** A vendor that says what it was told to, in order; with nothing left to say it takes everything. */
export class ScriptedVendor
  implements Pick<Vendor, 'sendAdjustment' | 'findAdjustment' | 'takeBackAdjustment'>
{
  /** `send u1 k1 {}`, `find u1 k1`, `take back u1 v1`: what it was asked, in order. */
  readonly asked: string[] = [];
  /** At which instant, for each of them. */
  readonly askedAt: Instant[] = [];
  readonly answers: ScriptedAnswer[] = [];
  /** What it says when it is asked by key: an id, or an error to throw; without an entry it knows nothing. */
  readonly known = new Map<string, string | Error | (() => Promise<string>)>();
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async sendAdjustment(userId: string, key: string, body: string): Promise<DeliveryAnswer> {
    this.#note(`send ${userId} ${key} ${body}`);
    return this.#answer(`adj-${key}`);
  }

  async takeBackAdjustment(userId: string, vendorId: string): Promise<DeliveryAnswer> {
    this.#note(`take back ${userId} ${vendorId}`);
    return this.#answer(vendorId);
  }

  async findAdjustment(userId: string, key: string): Promise<string | undefined> {
    this.#note(`find ${userId} ${key}`);
    const found = this.known.get(key);
    if (found instanceof Error) throw found;
    return typeof found === 'function' ? found() : found;
  }

  #note(what: string): void {
    this.asked.push(what);
    this.askedAt.push(this.#clock.now());
  }

  async #answer(vendorId: string): Promise<DeliveryAnswer> {
    const next = this.answers.shift() ?? { outcome: 'delivered', vendorId, duplicate: false };
    return typeof next === 'function' ? next() : next;
  }
}

/** A log that remembers: `warn: message`. */
export class Listener implements Log {
  readonly lines: string[] = [];
  readonly fields: object[] = [];
  readonly debug = (fields: object, message: string): void => this.#note('debug', fields, message);
  readonly info = (fields: object, message: string): void => this.#note('info', fields, message);
  readonly warn = (fields: object, message: string): void => this.#note('warn', fields, message);
  readonly error = (fields: object, message: string): void => this.#note('error', fields, message);

  #note(level: string, fields: object, message: string): void {
    this.lines.push(`${level}: ${message}`);
    this.fields.push(fields);
  }
}
