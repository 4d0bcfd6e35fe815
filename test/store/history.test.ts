import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../src/domain/correction.ts';
import type { FindingStatus } from '../../src/domain/finding.ts';
import type { AttemptResult, Lease, ReviewWrite, Store } from '../../src/usecases/ports.ts';
import {
  answered,
  correction,
  decided,
  drift,
  evidenceOf,
  found,
  HOUR,
  judged,
  MINUTE,
  outcome,
  T0,
} from '../contract/store-fixtures.ts';
import { opened, scratchFile } from './scratch.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const STEPS = 400;
const AGENTS = ['a', 'b', 'c'];
const SLOTS = 15;

/** Mulberry32: the same seed, the same sequence. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

/** One that was withdrawn comes again under its old key; what the vendor took back or refused, under a new one. */
function keyOf(findingId: string, own: readonly LedgerEntry[]): string {
  const ended = own.filter(({ status }) => status === 'taken_back' || status === 'refused');
  return `${findingId}-${ended.length}`;
}

/** Whatever a program, its crashes and persons may do to the ledger, one call at a time. */
class Life {
  readonly #store: Store;
  readonly #roll: (sides: number) => number;
  #lease: Lease | undefined;
  #runId: number | undefined;
  #now = T0 + HOUR;

  constructor(store: Store, seed: number) {
    this.#store = store;
    this.#roll = dice(seed);
  }

  async step(): Promise<void> {
    this.#now += 1 + this.#roll(2 * MINUTE);
    const steps = [this.#judge, this.#judge, this.#close, this.#send, this.#send, this.#send];
    const rare = [this.#review, this.#review, this.#settleHeld, this.#hold];
    const chosen = this.#roll(3) > 0 ? steps : rare;
    await chosen[this.#roll(chosen.length)]!.call(this);
  }

  async #lock(): Promise<Lease> {
    const answer = await this.#store.takeLease('run', 'me', this.#now, 5 * MINUTE, () => true);
    if (!('lease' in answer)) throw new Error('held');
    this.#lease = answer.lease;
    return answer.lease;
  }

  /** Now and then a process dies: the next one takes the lock over. */
  async #inForce(): Promise<Lease> {
    return this.#lease === undefined || this.#roll(8) === 0 ? this.#lock() : this.#lease;
  }

  async #openRun(lease: Lease): Promise<number> {
    const request = { trigger: 'cron', from: undefined, to: undefined, agents: undefined };
    this.#runId = await this.#store.openRun(lease, request, this.#now);
    return this.#runId;
  }

  async #judge(): Promise<void> {
    const lease = await this.#inForce();
    const runId = this.#runId === undefined || this.#roll(6) === 0 ? await this.#openRun(lease) : this.#runId;
    const userId = AGENTS[this.#roll(AGENTS.length)]!;
    const evidence = await evidenceOf(this.#store, userId);
    const at = T0 + this.#roll(SLOTS) * MINUTE;
    const findingId = `${userId}-${at}`;
    const known = evidence.findings.find((finding) => finding.findingId === findingId);
    const own = evidence.ledger.filter((entry) => entry.findingId === findingId);
    const status = this.#statusOf(known?.status);
    const write = found(findingId, drift(at), { status, previousStatus: known?.status });
    const isHeld = own.some((entry) => !['withdrawn', 'refused', 'taken_back'].includes(entry.status));
    const key = keyOf(findingId, own);
    const corrections =
      status === 'open' && !isHeld ? [{ ...correction(userId, findingId, at), correctionId: key, key }] : [];
    const unsent = own.filter((entry) => ['proposed', 'waiting', 'held'].includes(entry.status));
    const withdrawals =
      status === 'resolved' ? unsent.map(({ correctionId }) => ({ correctionId, why: 'gone' })) : [];
    const takeBacks = own
      .filter((entry) => entry.status === 'delivered' && status === 'in_review')
      .map(({ correctionId }) => ({ correctionId, asked: this.#roll(2) === 0 }));
    const window = judged(userId, evidence.version, {
      findings: [write],
      corrections,
      withdrawals,
      takeBacks,
    });
    await this.#store.commitWindows(lease, runId, [window], this.#now);
  }

  #statusOf(before: FindingStatus | undefined): FindingStatus {
    if (before === 'held' || before === 'approved' || before === 'dismissed') return before;
    return (['open', 'open', 'in_review', 'resolved'] as const)[this.#roll(4)]!;
  }

  async #close(): Promise<void> {
    const lease = await this.#inForce();
    const runId = this.#runId ?? (await this.#openRun(lease));
    const isHeld = this.#roll(3) === 0;
    const end = outcome(isHeld ? { status: 'held', reason: 'a breaker' } : {});
    await this.#store.closeRun(lease, runId, end, this.#now);
    const counts = { made: 0, delivered: 0, waiting: 0, held: 0, failed: 0 };
    if (this.#roll(2) === 0) {
      await this.#store.finishRun(lease, runId, isHeld ? 'held' : 'partial', counts, this.#now);
    }
    this.#runId = undefined;
  }

  async #send(): Promise<void> {
    const lease = await this.#inForce();
    const [due] = await this.#store.dueCorrections(this.#now, 9);
    if (due === undefined) return;
    const { correctionId } = due;
    const isTakeBack = due.status.startsWith('take_back');
    if (!isTakeBack && this.#roll(6) === 0) {
      await this.#store.finishAttempt(lease, answered(correctionId), this.#now);
      return;
    }
    const attemptId = await this.#store.beginAttempt(lease, correctionId, this.#now);
    if (attemptId === undefined || this.#roll(5) === 0) return;
    const states: readonly AttemptResult['state'][] = isTakeBack
      ? ['taken_back', 'take_back_unknown', 'take_back_waiting', 'delivered']
      : ['delivered', 'delivered', 'refused', 'unknown', 'waiting'];
    const state = states[this.#roll(states.length)]!;
    await this.#store.finishAttempt(lease, answered(correctionId, { attemptId, state }), this.#now);
  }

  async #review(): Promise<void> {
    const waiting = await this.#store.listReview(9);
    const row = waiting[this.#roll(Math.max(1, waiting.length))];
    const evidence = row && (await this.#store.readReview(row.findingId));
    if (evidence === undefined) return;
    const { findingId, userId } = evidence.finding;
    const own = evidence.ledger.filter((entry) => entry.findingId === findingId);
    const asked = own.filter((entry) => entry.takeBackAsked).map(({ correctionId }) => correctionId);
    const isApproved = this.#roll(2) === 0;
    const key = keyOf(findingId, own);
    const isHeld = own.some((entry) => !['withdrawn', 'refused', 'taken_back'].includes(entry.status));
    const at = evidence.finding.instant;
    const made = { ...correction(userId, findingId, at), correctionId: key, key };
    const unsent = own.filter((entry) => ['proposed', 'waiting', 'held'].includes(entry.status));
    const write: ReviewWrite = {
      findingId,
      version: evidence.version,
      status: isApproved ? 'approved' : 'dismissed',
      reviewedMs: 3_000,
      corrections: isApproved && !isHeld ? [made] : [],
      withdrawals: isApproved ? [] : unsent.map(({ correctionId }) => correctionId),
      takeBacks: isApproved ? asked : [],
      keeps: isApproved ? [] : asked,
    };
    expect(await this.#store.commitReview(write, { ...decided(), at: this.#now })).toBe(true);
  }

  async #settleHeld(): Promise<void> {
    const held = (await this.#store.listRuns(500)).filter(({ status }) => status === 'held');
    const run = held[this.#roll(Math.max(1, held.length))];
    if (run === undefined) return;
    const decision = { ...decided(), at: this.#now };
    await (this.#roll(2) === 0 ? this.#store.releaseRun : this.#store.dropRun)(run.runId, decision);
  }

  async #hold(): Promise<void> {
    if (await this.#store.isOnHold()) await this.#store.leaveHold({ ...decided(), at: this.#now });
    else await this.#store.enterHold('a restore', this.#now);
  }
}

interface Step {
  readonly entity: string;
  readonly id: string;
  readonly before: string | null;
  readonly after: string;
}

/** What the history says each thing has come to; a step that does not follow on the one before is a gap. */
function replay(steps: readonly Step[]): { readonly ends: Map<string, string>; readonly gaps: Step[] } {
  const ends = new Map<string, string>();
  const gaps: Step[] = [];
  for (const step of steps) {
    const name = `${step.entity} ${step.id}`;
    if ((ends.get(name) ?? null) !== step.before) gaps.push(step);
    ends.set(name, step.after);
  }
  return { ends, gaps };
}

describe('the history', () => {
  const seen = new Set<string>();

  it.each(SEEDS)('tells, step by step, how everything came to be what it is (seed %i)', async (seed) => {
    const path = scratchFile();
    const life = new Life(opened({ path }), seed);
    for (let step = 0; step < STEPS; step += 1) await life.step();
    const database = new Database(path, { readonly: true });
    const steps = database
      .prepare(
        `SELECT entity, entity_id AS id, from_status AS before, to_status AS after FROM history ORDER BY sequence`,
      )
      .all() as Step[];
    const tables = database
      .prepare(
        `SELECT 'finding ' || finding_id, status FROM findings
         UNION ALL SELECT 'correction ' || correction_id, status FROM corrections
         UNION ALL SELECT 'run ' || run_id, status FROM runs`,
      )
      .raw()
      .all() as [string, string][];
    database.close();
    const { ends, gaps } = replay(steps);
    expect(gaps).toEqual([]);
    expect(Object.fromEntries(ends)).toEqual(Object.fromEntries(tables));
    for (const { entity, before, after } of steps) seen.add(`${entity} ${before} ${after}`);
  });

  it('was held against all that can happen', () => {
    const words = [
      ...['proposed held', 'held waiting', 'held withdrawn', 'withdrawn proposed', 'waiting delivered'],
      ...['sending refused', 'sending unknown', 'unknown sending', 'delivered take_back_waiting'],
      ...['taking_back taken_back', 'taking_back take_back_unknown', 'taking_back delivered'],
    ].map((step) => `correction ${step}`);
    const runs = ['running failed', 'running held', 'held done', 'held dropped'].map((step) => `run ${step}`);
    const findings = ['open held', 'held open', 'held in_review', 'held dismissed', 'in_review approved'].map(
      (step) => `finding ${step}`,
    );
    expect([...words, ...runs, ...findings].filter((step) => !seen.has(step))).toEqual([]);
  });
});
