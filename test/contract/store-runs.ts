import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/usecases/ports.ts';
import {
  agentOf,
  commit,
  correction,
  drift,
  evidenceOf,
  found,
  HOUR,
  judged,
  lockOf,
  MARGIN_MS,
  MINUTE,
  nearShift,
  openRun,
  outcome,
  RULE,
  T0,
  transition,
  versionOf,
  WINDOW,
} from './store-fixtures.ts';

const LOST = expect.objectContaining({ code: 'lock_lost' });

export function runContract(open: () => Store): void {
  describe('the lock', () => {
    it('is held by one at a time, and says by whom', async () => {
      const store = open();
      expect(await store.takeLease('run', 'one', T0, 1_000, () => false)).toMatchObject({
        lease: { owner: 'one' },
      });
      expect(await store.takeLease('run', 'two', T0 + 999, 1_000, () => false)).toEqual({ heldBy: 'one' });
      expect(await store.takeLease('other', 'two', T0, 1_000, () => false)).toMatchObject({ lease: {} });
    });

    it('is taken over when its time is up, its owner is gone or it was given back, each time with a higher fence', async () => {
      const store = open();
      const first = await lockOf(store, 'one');
      const second = await lockOf(store, 'two', T0 + MINUTE);
      const gone = await store.takeLease('run', 'three', T0 + MINUTE, MINUTE, (owner) => owner === 'two');
      const third = 'lease' in gone ? gone.lease : undefined;
      await store.releaseLease('run', third!);
      const fourth = await lockOf(store, 'one', T0 + MINUTE);
      const fences = [first, second, third!, fourth].map(({ fence }) => fence);
      expect(fences).toEqual([...new Set(fences)].toSorted((a, b) => a - b));
    });

    it('fences off whoever lost it, in every write', async () => {
      const store = open();
      await store.recordTransitions([transition('a', 'x', T0)], RULE);
      const old = await lockOf(store, 'one');
      const runId = await openRun(store, old);
      const lease = await lockOf(store, 'one', T0 + MINUTE);
      await expect(store.renewLease('run', old, T0, MINUTE)).rejects.toEqual(LOST);
      await expect(openRun(store, old)).rejects.toEqual(LOST);
      await expect(store.commitWindows(old, runId, [judged('a', 1)], T0)).rejects.toEqual(LOST);
      await expect(store.noteNotFound(old, [], T0)).rejects.toEqual(LOST);
      await expect(store.saveProgress(old, runId, outcome())).rejects.toEqual(LOST);
      await expect(store.closeRun(old, runId, outcome(), T0)).rejects.toEqual(LOST);
      await expect(store.beginAttempt(old, 'c', T0)).rejects.toEqual(LOST);
      await store.releaseLease('run', old);
      await store.renewLease('run', lease, T0 + MINUTE, HOUR);
      expect(await store.takeLease('run', 'two', T0 + 30 * MINUTE, 1, () => false)).toEqual({
        heldBy: 'one',
      });
      await store.releaseLease('run', lease);
      await expect(openRun(store, lease)).rejects.toEqual(LOST);
    });
  });

  describe('evidence', () => {
    it('of somebody unknown is empty', async () => {
      const evidence = await evidenceOf(open(), 'nobody');
      expect(evidence).toEqual({ version: 0, log: [], findings: [], ledger: [], shifts: undefined });
    });

    it('of several windows comes in the order asked, one agent twice and somebody unknown among them', async () => {
      const store = open();
      const lease = await lockOf(store);
      const runId = await openRun(store, lease);
      const later = { from: WINDOW.from + HOUR, to: WINDOW.to + HOUR };
      const shift = { id: 's', start: T0, end: T0 + 3 * HOUR, timeZone: 'Europe/Berlin', activities: [] };
      const known = { start: T0 - HOUR, end: T0 + 4 * HOUR };
      for (const [userId, at] of [
        ['a', T0],
        ['a', T0 + HOUR],
        ['b', T0 + 1],
      ] as const) {
        const findingId = `${userId}${at}`;
        await store.recordTransitions([transition(userId, 'x', at)], RULE);
        await commit(store, lease, runId, userId, {
          findings: [found(findingId, drift(at))],
          corrections: [correction(userId, findingId, at)],
        });
      }
      await store.saveSchedule('b', { version: 1, shifts: [shift] }, known, T0);
      const asked = [
        { userId: 'b', window: WINDOW },
        { userId: 'nobody', window: WINDOW },
        { userId: 'a', window: later },
        { userId: 'a', window: WINDOW },
      ];
      const alone = [];
      for (const { userId, window } of asked) alone.push(await evidenceOf(store, userId, window));
      const together = await store.readEvidence(asked, MARGIN_MS);
      expect(together).toEqual(alone);
      expect(together.map(({ findings }) => findings.map(({ findingId }) => findingId))).toEqual([
        [`b${T0 + 1}`],
        [],
        [`a${T0 + HOUR}`],
        [`a${T0}`],
      ]);
      expect(together.map(({ log, ledger, shifts }) => [log.length, ledger.length, shifts?.shifts])).toEqual([
        [1, 1, [shift]],
        [0, 0, undefined],
        [2, 1, undefined],
        [2, 1, undefined],
      ]);
    });

    it('holds the log of the range, the last before it and the first behind it', async () => {
      const store = open();
      const { from, to } = WINDOW;
      const instants = [
        -2 * HOUR,
        -HOUR,
        -MARGIN_MS,
        0,
        to - from + MARGIN_MS - 1,
        to - from + MARGIN_MS,
        3 * HOUR,
      ];
      await store.recordTransitions(
        instants.map((offset, index) => transition('a', `s${index}`, from + offset)).reverse(),
        RULE,
      );
      await store.recordTransitions([transition('b', 'else', from)], RULE);
      const { log } = await evidenceOf(store, 'a');
      expect(log.map(({ state }) => state)).toEqual(['s0', 's1', 's2', 's3', 's4', 's5']);
    });

    it('holds findings near the window, resolved ones too, as they were written', async () => {
      const store = open();
      const lease = await lockOf(store);
      const runId = await openRun(store, lease);
      const { from, to } = WINDOW;
      const endingAt = (end: number) =>
        drift(end - 3_000, {
          pieces: [{ start: end - 3_000, end, loggedState: undefined, reportedState: 'x' }],
        });
      const findings = [
        found('too early', endingAt(from - MARGIN_MS - 1)),
        found('early', endingAt(from - MARGIN_MS), { status: 'resolved' }),
        found('cut', drift(to - 1_000, { cutAt: to, shift: nearShift(T0).shift })),
        found('shift', nearShift(T0 + 1)),
        found('late', drift(to + MARGIN_MS - 1)),
        found('too late', drift(to + MARGIN_MS)),
      ];
      await commit(store, lease, runId, 'a', { findings });
      const evidence = await evidenceOf(store, 'a');
      expect(evidence.findings.map(({ findingId }) => findingId)).toEqual(['early', 'shift', 'cut', 'late']);
      const stored = { userId: 'a', status: 'open', reviewedMs: undefined };
      expect(evidence.findings[2]).toEqual({ ...findings[2]!.finding, ...stored, findingId: 'cut' });
      expect(evidence.findings[1]).toEqual({ ...nearShift(T0 + 1), ...stored, findingId: 'shift' });
    });

    it('lists the corrections that overlap the range or the findings, of whatever state', async () => {
      const store = open();
      const lease = await lockOf(store);
      const runId = await openRun(store, lease);
      const start = T0 - 2 * HOUR;
      const long = drift(start, { pieces: [{ start, end: T0 + 1, loggedState: 'acw', reportedState: 'x' }] });
      const corrections = [correction('a', 'long', start), correction('a', 'long', T0 + 9 * HOUR)];
      await commit(store, lease, runId, 'a', { findings: [found('long', long)], corrections });
      const withdrawals = [{ correctionId: corrections[0]!.correctionId, why: 'moved' }];
      await commit(store, lease, runId, 'a', { withdrawals });
      const { ledger } = await evidenceOf(store, 'a');
      const { correctionId, findingId, end, state } = corrections[0]!;
      expect(ledger).toEqual([
        { correctionId, findingId, start, end, state, status: 'withdrawn', takeBackAsked: false },
      ]);
    });
  });

  describe('committing windows', () => {
    it('leaves out and names the agents whose evidence has changed, and commits the others', async () => {
      const store = open();
      await store.recordTransitions([transition('a', 'x', T0), transition('b', 'x', T0)], RULE);
      const [a, b] = [await versionOf(store, 'a'), await versionOf(store, 'b')];
      await store.recordTransitions([transition('a', 'y', T0 + 1)], RULE);
      const lease = await lockOf(store);
      const runId = await openRun(store, lease);
      const windows = [judged('a', a, { findings: [found('f', drift(T0))] }), judged('b', b)];
      expect(await store.commitWindows(lease, runId, windows, T0)).toEqual({ stale: ['a'] });
      expect(await agentOf(store, 'a')).toMatchObject({ watermark: undefined });
      expect(await agentOf(store, 'b')).toMatchObject({ watermark: WINDOW.to });
      expect(await store.driftPage({}, 9)).toEqual([]);
    });

    it('keeps the version when nothing was found', async () => {
      const store = open();
      await store.recordTransitions([transition('a', 'x', T0)], RULE);
      const version = await versionOf(store, 'a');
      const lease = await lockOf(store);
      const runId = await openRun(store, lease);
      await commit(store, lease, runId, 'a');
      expect(await versionOf(store, 'a')).toBe(version);
      await commit(store, lease, runId, 'a', { findings: [found('f', drift(T0))] });
      expect(await versionOf(store, 'a')).toBeGreaterThan(version);
    });

    it('never moves a watermark back', async () => {
      const store = open();
      const lease = await lockOf(store);
      const runId = await openRun(store, lease);
      await commit(store, lease, runId, 'a', { watermark: T0 + HOUR });
      await commit(store, lease, runId, 'a', { watermark: T0 });
      await commit(store, lease, runId, 'a', { watermark: undefined });
      expect((await agentOf(store, 'a')).watermark).toBe(T0 + HOUR);
    });

    it('moves reopened time on, but not past what was reopened during the run', async () => {
      const store = open();
      const lease = await lockOf(store);
      const first = await openRun(store, lease);
      await store.recordTransitions([transition('a', 'x', T0 - HOUR)], RULE);
      await commit(store, lease, first, 'a', { watermark: T0 + 2 * HOUR });
      await store.recordTransitions([transition('a', 'y', T0)], RULE);
      const reopenedFrom = T0 - MARGIN_MS;
      expect((await agentOf(store, 'a')).reopenedFrom).toBe(reopenedFrom);
      const second = await openRun(store, lease);
      const half = { from: reopenedFrom, to: T0 + HOUR };
      await commit(store, lease, second, 'a', {
        window: half,
        watermark: T0 + 2 * HOUR,
        reopenedFrom: half.to,
      });
      expect((await agentOf(store, 'a')).reopenedFrom).toBe(half.to);
      await store.recordTransitions([transition('a', 'z', T0 + 1)], RULE);
      const rest = { from: T0 + HOUR, to: T0 + 2 * HOUR };
      await commit(store, lease, second, 'a', { window: rest, watermark: rest.to });
      expect((await agentOf(store, 'a')).reopenedFrom).toBe(T0 + 1 - MARGIN_MS);
      const third = await openRun(store, lease);
      await commit(store, lease, third, 'a', { window: rest, watermark: rest.to });
      expect((await agentOf(store, 'a')).reopenedFrom).toBeUndefined();
    });

    it('counts what was reopened during the run as judged when the window held it', async () => {
      const store = open();
      const lease = await lockOf(store);
      const runId = await openRun(store, lease);
      await store.recordTransitions([transition('a', 'x', T0 - HOUR)], RULE);
      await commit(store, lease, runId, 'a', { watermark: T0 + HOUR });
      await store.recordTransitions([transition('a', 'y', T0 + MARGIN_MS)], RULE);
      await commit(store, lease, runId, 'a', { window: { from: T0, to: T0 + HOUR }, watermark: T0 + HOUR });
      expect((await agentOf(store, 'a')).reopenedFrom).toBeUndefined();
    });

    it('writes a correction once, and again only when it was withdrawn', async () => {
      const store = open();
      const lease = await lockOf(store);
      const runId = await openRun(store, lease);
      const findings = [found('f', drift(T0))];
      const corrections = [correction('a', 'f', T0)];
      const { correctionId } = corrections[0]!;
      await commit(store, lease, runId, 'a', { findings, corrections });
      await commit(store, lease, runId, 'a', { corrections });
      expect(await store.countCorrections()).toEqual({ proposed: 1 });
      await commit(store, lease, runId, 'a', { withdrawals: [{ correctionId, why: 'gone' }] });
      expect(await store.countCorrections()).toEqual({ withdrawn: 1 });
      await commit(store, lease, runId, 'a', { corrections });
      expect(await store.countCorrections()).toEqual({ proposed: 1 });
    });

    it('refuses as a whole what withdraws a correction that has left the house', async () => {
      const store = open();
      const lease = await lockOf(store);
      const runId = await openRun(store, lease);
      const corrections = [correction('a', 'f', T0)];
      await commit(store, lease, runId, 'a', { findings: [found('f', drift(T0))], corrections });
      await store.closeRun(lease, runId, outcome(), T0);
      const { correctionId } = corrections[0]!;
      await store.beginAttempt(lease, correctionId, T0);
      const next = await openRun(store, lease);
      const withdrawals = [{ correctionId, why: 'gone' }];
      await expect(commit(store, lease, next, 'a', { withdrawals })).rejects.toThrow(/cannot go from/);
    });
  });

  describe('the life of a run', () => {
    it('is told from its opening to its end', async () => {
      const store = open();
      const lease = await lockOf(store);
      const request = { trigger: 'anna', from: T0, to: T0 + HOUR, agents: ['a'] };
      const runId = await store.openRun(lease, request, T0);
      await store.saveProgress(lease, runId, outcome({ windows: 7 }));
      expect(await store.listRuns(9)).toMatchObject([
        { runId, status: 'running', windows: 7, endedAt: undefined },
      ]);
      const errors = [{ agent: 'a', code: 'vendor_malformed', message: 'no' }];
      await store.closeRun(lease, runId, outcome({ status: 'partial', errors, windows: 8 }), T0 + 1);
      const corrections = { made: 4, delivered: 3, waiting: 1, held: 0, failed: 0 };
      await store.finishRun(lease, runId, 'done', corrections, T0 + 2);
      expect(await store.listRuns(9)).toEqual([
        {
          runId,
          status: 'done',
          trigger: 'anna',
          startedAt: T0,
          endedAt: T0 + 2,
          from: T0,
          to: T0 + HOUR,
          windows: 8,
          agents: { planned: 1, judged: 1, failed: 0 },
          findings: { new: 1, changed: 0, resolved: 0, unchanged: 0, byKind: { boundary_drift: 1 } },
          corrections,
          errors,
          reason: undefined,
        },
      ]);
    });

    it('lists the latest first, page by page', async () => {
      const store = open();
      const lease = await lockOf(store);
      const ids: number[] = [];
      for (let count = 0; count < 3; count += 1) {
        ids.push(await openRun(store, lease));
        await store.closeRun(lease, ids.at(-1)!, outcome(), T0);
      }
      expect((await store.listRuns(2)).map(({ runId }) => runId)).toEqual([ids[2], ids[1]]);
      expect((await store.listRuns(2, ids[1])).map(({ runId }) => runId)).toEqual([ids[0]]);
    });

    it('lets go what it proposed only when it is closed', async () => {
      const store = open();
      const lease = await lockOf(store);
      const runId = await openRun(store, lease);
      await commit(store, lease, runId, 'a', {
        findings: [found('f', drift(T0))],
        corrections: [correction('a', 'f', T0)],
      });
      expect(await store.dueCorrections(T0 + HOUR, 9)).toEqual([]);
      expect(await store.closeRun(lease, runId, outcome(), T0)).toBe(1);
      expect(await store.dueCorrections(T0 + HOUR, 9)).toHaveLength(1);
      expect(await store.driftPage({}, 9)).toMatchObject([{ status: 'open', correctionStatus: 'waiting' }]);
      await expect(store.closeRun(lease, runId, outcome(), T0)).rejects.toThrow(/cannot be closed/);
    });

    it('holds them back together with their findings when it is held', async () => {
      const store = open();
      const lease = await lockOf(store);
      const runId = await openRun(store, lease);
      const findings = [found('f', drift(T0)), found('g', drift(T0 + MINUTE), { status: 'in_review' })];
      await commit(store, lease, runId, 'a', { findings, corrections: [correction('a', 'f', T0)] });
      const held = outcome({ status: 'held', reason: 'too many' });
      expect(await store.closeRun(lease, runId, held, T0)).toBe(1);
      expect(await store.dueCorrections(T0 + HOUR, 9)).toEqual([]);
      expect((await store.driftPage({}, 9)).map((row) => [row.status, row.correctionStatus])).toEqual([
        ['held', 'held'],
        ['held', undefined],
      ]);
      expect(await store.listRuns(1)).toMatchObject([
        { status: 'held', reason: 'too many', corrections: { held: 1 } },
      ]);
    });

    it('sets aside a run that never ended, and adopts what it proposed', async () => {
      const store = open();
      const dead = await lockOf(store, 'dead');
      const old = await openRun(store, dead);
      await commit(store, dead, old, 'a', {
        findings: [found('f', drift(T0))],
        corrections: [correction('a', 'f', T0)],
      });
      const lease = await lockOf(store, 'next', T0 + HOUR);
      const runId = await openRun(store, lease, T0 + HOUR);
      expect(await store.listRuns(2)).toMatchObject([
        { runId, status: 'running' },
        { runId: old, status: 'failed' },
      ]);
      expect((await store.listRuns(2))[1]!.reason).toMatch(/set aside/);
      expect(await store.countCorrections()).toEqual({ proposed: 1 });
      expect(await store.closeRun(lease, runId, outcome(), T0 + HOUR)).toBe(1);
    });
  });
}
