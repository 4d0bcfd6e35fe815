import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  CORRECTION_STATES,
  type CorrectionState,
  isUnsent,
  type LedgerEntry,
} from '../../src/domain/correction.ts';
import { FINDING_KINDS, FINDING_STATUSES, type FindingStatus } from '../../src/domain/finding.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import type { LogEntry } from '../../src/domain/transition.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import type {
  Decision,
  ReviewEvidence,
  ReviewStore,
  ReviewWrite,
  StoredFinding,
} from '../../src/usecases/ports.ts';
import { reviewFinding, type Verdict } from '../../src/usecases/review-finding.ts';
import { answered, commit, found, lockOf, MINUTE, openRun, outcome, T0 } from '../contract/store-fixtures.ts';
import { drift, held, logOf, missing, piece, stored, t } from '../support/rows.ts';

const DECISION: Decision = { person: 'alice', note: 'the call log says so', at: t('12:00:00') };

/** One finding that a person decides on, and the store that writes it down. */
class Desk implements Pick<ReviewStore, 'readReview' | 'commitReview'> {
  readonly writes: ReviewWrite[] = [];
  readonly decisions: Decision[] = [];
  finding: StoredFinding;
  ledger: LedgerEntry[] = [];
  log: LogEntry[] = [];
  version = 7;
  /** How often the finding is judged while the person decides. */
  judgedMeanwhile = 0;

  constructor(status: FindingStatus, more: Partial<StoredFinding> = {}) {
    const finding = stored(missing(t('09:05:00'), t('09:06:00')), { findingId: 'f1', status, ...more });
    this.finding = { ...finding, userId: 'u1' };
  }

  async readReview(findingId: string): Promise<ReviewEvidence | undefined> {
    if (findingId !== 'f1') return undefined;
    return { finding: this.finding, version: this.version, ledger: this.ledger, log: this.log };
  }

  async commitReview(write: ReviewWrite, decision: Decision): Promise<boolean> {
    if (this.judgedMeanwhile > 0) {
      this.judgedMeanwhile--;
      this.version++;
    }
    if (write.version !== this.version) return false;
    this.writes.push(write);
    this.decisions.push(decision);
    return true;
  }

  decide(verdict: Verdict, more: Partial<Decision> = {}, findingId = 'f1') {
    const vendor = { adjustmentBody: (claim: object) => JSON.stringify(claim) };
    const deps = { store: this as unknown as ReviewStore, vendor, policy: DEFAULT_POLICY };
    return reviewFinding(deps, findingId, verdict, { ...DECISION, ...more });
  }
}

describe('approving a finding', () => {
  it('has it corrected, through the same path as any correction', async () => {
    const desk = new Desk('in_review');
    expect(await desk.decide('approve')).toEqual({
      findingId: 'f1',
      status: 'approved',
      corrections: 1,
      takeBacks: 0,
    });
    expect(desk.writes).toEqual([
      {
        findingId: 'f1',
        version: 7,
        status: 'approved',
        reviewedMs: 60_000,
        corrections: [
          {
            userId: 'u1',
            findingId: 'f1',
            start: t('09:05:00'),
            end: t('09:06:00'),
            state: 'acw',
            correctionId: expect.stringMatching(/^cor_[0-9a-f]{24}$/),
            key: expect.stringMatching(/^adh-[0-9a-f]{40}$/),
            body: `{"start":${t('09:05:00')},"end":${t('09:06:00')},"state":"acw"}`,
          },
        ],
        withdrawals: [],
        takeBacks: [],
        keeps: [],
      },
    ]);
    expect(desk.decisions).toEqual([DECISION]);
  });

  it('has none of it corrected that the log no longer says', async () => {
    const desk = new Desk('in_review');
    desk.log = logOf('acw 09:00:00, talking 09:05:20');
    expect(await desk.decide('approve')).toMatchObject({ status: 'approved', corrections: 1 });
    expect(desk.writes[0]?.corrections).toMatchObject([{ start: t('09:05:00'), end: t('09:05:20') }]);
    const later = new Desk('in_review');
    later.log = logOf('talking 09:00:00');
    expect(await later.decide('approve')).toMatchObject({ status: 'approved', corrections: 0 });
  });

  it('needs no note', async () => {
    const desk = new Desk('in_review');
    expect(await desk.decide('approve', { note: undefined })).toMatchObject({ status: 'approved' });
  });

  it('makes the same correction with the same key, whoever approves it and when', async () => {
    const one = new Desk('in_review');
    const other = new Desk('dismissed');
    await one.decide('approve');
    await other.decide('approve', { person: 'bob', at: t('13:00:00') });
    expect(other.writes[0]?.corrections).toEqual(one.writes[0]?.corrections);
  });

  it('makes it under a new key when just this correction was taken back before', async () => {
    const first = new Desk('in_review');
    const again = new Desk('in_review');
    again.ledger = [held(t('09:05:00'), t('09:06:00'), { status: 'taken_back' })];
    await first.decide('approve');
    await again.decide('approve');
    expect(again.writes[0]?.corrections[0]?.key).not.toBe(first.writes[0]?.corrections[0]?.key);
    expect(again.writes[0]?.corrections[0]?.body).toBe(first.writes[0]?.corrections[0]?.body);
  });

  it('keeps its key when another correction was taken back', async () => {
    const first = new Desk('in_review');
    const other = new Desk('in_review');
    const span = [t('09:05:00'), t('09:06:00')] as const;
    const back = { status: 'taken_back' } as const;
    other.ledger = [
      held(span[0], span[1], { ...back, state: 'break' }),
      held(span[0] - 1, span[1], back),
      held(span[0], span[1] + 1, back),
      held(t('08:00:00'), t('08:01:00')),
    ];
    await first.decide('approve');
    await other.decide('approve');
    expect(other.writes[0]?.corrections[0]?.key).toBe(first.writes[0]?.corrections[0]?.key);
  });

  it('sends only what no correction holds', async () => {
    const desk = new Desk('in_review');
    desk.ledger = [held(t('09:05:00'), t('09:05:30'))];
    await desk.decide('approve');
    expect(desk.writes[0]?.corrections).toMatchObject([{ start: t('09:05:30'), end: t('09:06:00') }]);
  });

  it('leaves nothing to do when all of it is corrected already', async () => {
    const desk = new Desk('in_review');
    desk.ledger = [held(t('09:05:00'), t('09:06:00'), { findingId: 'f1' })];
    expect(await desk.decide('approve')).toEqual({
      findingId: 'f1',
      status: 'corrected',
      corrections: 0,
      takeBacks: 0,
    });
  });

  it.each(['proposed', 'waiting', 'sending', 'unknown', 'held'] as const)(
    'stays approved while its correction is %s',
    async (status) => {
      const desk = new Desk('in_review');
      desk.ledger = [held(t('09:05:00'), t('09:06:00'), { findingId: 'f1', status })];
      expect(await desk.decide('approve')).toMatchObject({ status: 'approved', corrections: 0 });
    },
  );

  it('takes note of a kind that has nothing to correct from, and corrects nothing', async () => {
    for (const kind of FINDING_KINDS.slice(3)) {
      const desk = new Desk('in_review', { kind });
      expect(await desk.decide('approve')).toMatchObject({ status: 'approved', corrections: 0 });
    }
  });

  it('corrects each of the first three kinds, in each of its pieces', async () => {
    for (const kind of FINDING_KINDS.slice(0, 3)) {
      const pieces = [
        piece(t('09:05:00'), t('09:05:20')),
        piece(t('09:05:20'), t('09:05:40'), 'break'),
        piece(t('09:05:50'), t('09:06:00')),
      ];
      const desk = new Desk('in_review', { kind, pieces });
      expect(await desk.decide('approve')).toMatchObject({ status: 'approved', corrections: 3 });
      expect(desk.writes[0]?.reviewedMs).toBe(50_000);
    }
  });
});

describe('approving that a correction is taken back', () => {
  const asked = held(t('09:05:00'), t('09:06:00'), { findingId: 'f1', takeBackAsked: true });

  it('has it taken back; what is to stand in its place waits until that is done', async () => {
    const desk = new Desk('in_review');
    desk.ledger = [{ ...asked, state: 'break' }];
    expect(await desk.decide('approve')).toEqual({
      findingId: 'f1',
      status: 'approved',
      corrections: 0,
      takeBacks: 1,
    });
    expect(desk.writes[0]).toMatchObject({ takeBacks: ['c1'], keeps: [], corrections: [] });
  });

  it('leaves alone what nobody asked about, what is another finding’s, and what is not delivered', async () => {
    const desk = new Desk('in_review');
    desk.ledger = [
      { ...asked, correctionId: 'not asked', takeBackAsked: false },
      { ...asked, correctionId: 'not its own', findingId: 'f2' },
      { ...asked, correctionId: 'on its way', status: 'take_back_waiting' },
    ];
    await desk.decide('approve');
    expect(desk.writes[0]?.takeBacks).toEqual([]);
  });
});

describe('dismissing a finding', () => {
  it('makes nothing, and remembers the extent that was dismissed', async () => {
    const desk = new Desk('in_review');
    expect(await desk.decide('dismiss')).toEqual({
      findingId: 'f1',
      status: 'dismissed',
      corrections: 0,
      takeBacks: 0,
    });
    expect(desk.writes[0]).toMatchObject({ status: 'dismissed', reviewedMs: 60_000, corrections: [] });
  });

  it.each(CORRECTION_STATES.map((status) => [status, isUnsent(status)] as const))(
    'withdraws its correction that is %s: %s',
    async (status, isWithdrawn) => {
      const desk = new Desk('open');
      desk.ledger = [
        held(t('09:05:00'), t('09:06:00'), { findingId: 'f1', status }),
        held(t('09:05:00'), t('09:06:00'), { correctionId: 'c2', findingId: 'f2', status }),
      ];
      await desk.decide('dismiss');
      expect(desk.writes[0]?.withdrawals).toEqual(isWithdrawn ? ['c1'] : []);
    },
  );

  it('lets a correction stand that a person was asked to take back', async () => {
    const desk = new Desk('in_review');
    desk.ledger = [held(t('09:05:00'), t('09:06:00'), { findingId: 'f1', takeBackAsked: true })];
    await desk.decide('dismiss');
    expect(desk.writes[0]).toMatchObject({ keeps: ['c1'], takeBacks: [], withdrawals: [] });
  });

  it.each([undefined, '', ' \t'])('needs a note that says why, which %j does not', async (note) => {
    const desk = new Desk('in_review');
    await expect(desk.decide('dismiss', { note })).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(desk.writes).toEqual([]);
  });
});

describe('a decision', () => {
  const approvable: readonly FindingStatus[] = ['in_review', 'dismissed'];
  const dismissible: readonly FindingStatus[] = ['in_review', 'approved', 'open', 'failed'];
  const cases = FINDING_STATUSES.flatMap((status) => [
    ['approve' as const, status, approvable.includes(status)] as const,
    ['dismiss' as const, status, dismissible.includes(status)] as const,
  ]);

  it.each(cases)('to %s one that is %s is allowed: %s', async (verdict, status, isAllowed) => {
    const desk = new Desk(status);
    const decided = desk.decide(verdict);
    if (isAllowed) await expect(decided).resolves.toMatchObject({ findingId: 'f1' });
    else await expect(decided).rejects.toMatchObject({ code: 'not_allowed' });
    expect(desk.writes).toHaveLength(isAllowed ? 1 : 0);
  });

  it('on one that a breaker holds is made on its run: the error says so', async () => {
    await expect(new Desk('held').decide('approve')).rejects.toMatchObject({
      message: 'finding f1 is held: there is nothing to approve',
      hint: 'Its run is held: release or drop the run.',
    });
    await expect(new Desk('corrected').decide('approve')).rejects.toMatchObject({ hint: undefined });
  });

  it('on a finding that does not exist is refused', async () => {
    await expect(new Desk('in_review').decide('approve', {}, 'f2')).rejects.toMatchObject({
      code: 'not_found',
      message: 'there is no finding f2',
    });
  });

  it('is made anew on what the finding has become when it was judged meanwhile', async () => {
    const desk = new Desk('in_review');
    desk.judgedMeanwhile = 4;
    expect(await desk.decide('approve')).toMatchObject({ status: 'approved' });
    expect(desk.writes).toMatchObject([{ version: 11 }]);
  });

  it('is left to the person when the finding is being judged all the time', async () => {
    const desk = new Desk('in_review');
    desk.judgedMeanwhile = 5;
    await expect(desk.decide('approve')).rejects.toMatchObject({
      code: 'not_allowed',
      message: 'finding f1 is being judged right now; try again',
    });
    expect(desk.writes).toEqual([]);
  });

  it('is refused when the finding was decided by somebody else meanwhile', async () => {
    const desk = new Desk('in_review');
    desk.judgedMeanwhile = 1;
    const commit = desk.commitReview.bind(desk);
    desk.commitReview = (write, decision) => {
      desk.finding = { ...desk.finding, status: 'corrected' };
      return commit(write, decision);
    };
    await expect(desk.decide('approve')).rejects.toMatchObject({ code: 'not_allowed' });
  });

  it('on a drift claims what lies between its two instants', async () => {
    const desk = new Desk('in_review', drift(t('09:05:00'), t('09:04:50')));
    await desk.decide('approve');
    expect(desk.writes[0]?.corrections).toMatchObject([
      { start: t('09:04:50'), end: t('09:05:00'), state: 'talking' },
    ]);
  });
});

describe('a decision in the ledger in SQLite', () => {
  const WRITTEN = drift(T0 + MINUTE, T0 + MINUTE + 3_000);

  /** A closed run has found one drift, which waits for a person. */
  async function withFinding() {
    const folder = mkdtempSync(join(tmpdir(), 'adherence-review-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const store = openStore({ path: join(folder, 'ledger.db') });
    onTestFinished(() => store.close());
    const lease = await lockOf(store);
    const runId = await openRun(store, lease);
    await commit(store, lease, runId, 'u1', { findings: [found('f1', WRITTEN, { status: 'in_review' })] });
    await store.closeRun(lease, runId, outcome(), T0);
    const vendor = { adjustmentBody: (claim: object) => JSON.stringify(claim) };
    const decide = (verdict: Verdict) =>
      reviewFinding({ store, vendor, policy: DEFAULT_POLICY }, 'f1', verdict, DECISION);
    const send = async (state: CorrectionState) => {
      const [due] = await store.dueCorrections(DECISION.at, 1);
      const attemptId = await store.beginAttempt(lease, due!.correctionId, DECISION.at);
      await store.finishAttempt(lease, answered(due!.correctionId, { attemptId, state }), DECISION.at);
    };
    return { store, decide, send };
  }

  it('lets an approved correction go at once, and the finding is corrected when it is delivered', async () => {
    const { store, decide, send } = await withFinding();
    expect(await decide('approve')).toMatchObject({ status: 'approved', corrections: 1 });
    expect(await store.countCorrections()).toEqual({ waiting: 1 });
    await send('delivered');
    expect(await store.driftPage({}, 9)).toMatchObject([
      { status: 'corrected', correctionStatus: 'delivered', reviewedBy: 'alice' },
    ]);
  });

  it('withdraws what was approved and not sent yet when it is dismissed, and makes it again', async () => {
    const { store, decide } = await withFinding();
    await decide('approve');
    expect(await decide('dismiss')).toMatchObject({ status: 'dismissed' });
    expect(await store.countCorrections()).toEqual({ withdrawn: 1 });
    expect(await decide('approve')).toMatchObject({ status: 'approved', corrections: 1 });
    expect(await store.countCorrections()).toEqual({ waiting: 1 });
  });
});
