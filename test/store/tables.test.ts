import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { CORRECTION_STATES } from '../../src/domain/correction.ts';
import { FINDING_KINDS, FINDING_STATUSES } from '../../src/domain/finding.ts';
import {
  answered,
  commit,
  correction,
  drift,
  found,
  letGo,
  lockOf,
  openRun,
  outcome,
  RULE,
  T0,
  transition,
} from '../contract/store-fixtures.ts';
import { opened, scratchFile } from './scratch.ts';

/** A ledger with a finding and a correction, and a connection of our own to tamper with it. */
async function tampering() {
  const path = scratchFile();
  const store = opened({ path });
  await store.recordTransitions([transition('a', 'x', T0)], RULE);
  const lease = await lockOf(store);
  const runId = await letGo(store, lease, ['a']);
  const database = new Database(path);
  onTestFinished(() => {
    database.close();
  });
  return { store, lease, runId, database };
}

describe('the tables', () => {
  let ledger: Awaited<ReturnType<typeof tampering>>;
  beforeEach(async () => {
    ledger = await tampering();
  });

  it.each([
    ['an agent without an id', `INSERT INTO agents (user_id) VALUES ('')`],
    ['an agent twice', `INSERT INTO agents (user_id) VALUES ('a')`],
    ['time reopened of an agent never judged', `UPDATE agents SET watermark = NULL, reopened_from = 1`],
    ['time reopened beyond the watermark', `UPDATE agents SET watermark = 5, reopened_from = 5`],
    ['an agent retired whose report answers', 'UPDATE agents SET retired_at = 1'],
    ['a state without a name', `INSERT INTO states (name) VALUES ('')`],
    ['a transition of nobody', 'UPDATE transitions SET agent_no = 99'],
    ['an instant between two milliseconds', 'UPDATE transitions SET at = 1.5'],
    ['an instant in words', `UPDATE transitions SET at = 'noon'`],
    ['a source of its own', `UPDATE transitions SET source = 'rumour'`],
    ['an import that nobody told of', 'UPDATE transitions SET told = 0'],
    ['a confirmation before the transition', 'UPDATE transitions SET confirmed_until = at - 1'],
    [
      'an absence before the last confirmation',
      'UPDATE transitions SET confirmed_until = at + 5, absent_at = at + 5',
    ],
    ['a run without an end that is done', 'UPDATE runs SET ended_at = NULL'],
    ['a run held without a reason', `UPDATE runs SET status = 'held'`],
    ['a run of a status of its own', `UPDATE runs SET status = 'nearly'`],
    ['a finding of nobody', `UPDATE findings SET user_id = 'b'`],
    ['a finding of a kind of its own', `UPDATE findings SET kind = 'odd'`],
    ['a finding whose kind and group disagree', `UPDATE findings SET group_name = 'gap'`],
    ['a finding approved by nobody', `UPDATE findings SET status = 'approved'`],
    ['a finding reviewed at no time', `UPDATE findings SET reviewed_by = 'anna'`],
    ['a finding that ends before it starts', 'UPDATE findings SET difference_to = difference_from - 1'],
    ['a finding of more than its extent', 'UPDATE findings SET difference_ms = difference_ms + 1'],
    ['a drift that is not what the instants say', 'UPDATE findings SET drift_ms = drift_ms + 1'],
    ['half a shift edge', `UPDATE findings SET shift_id = 's'`],
    ['pieces that are no JSON', `UPDATE findings SET pieces = '['`],
    ['a correction of no length', 'UPDATE corrections SET end_at = start_at'],
    ['a correction without a finding', `UPDATE corrections SET finding_id = 'none'`],
    ['a correction under way that was never sent', `UPDATE corrections SET status = 'sending'`],
    ['a delivery that was never sent', `UPDATE corrections SET status = 'delivered', vendor_id = 'v'`],
    [
      'a delivery without the vendor’s id',
      `UPDATE corrections SET status = 'delivered', attempts = 1, first_sent_at = 1, last_fence = 1`,
    ],
    [
      'a time to try again of what is withdrawn',
      `UPDATE corrections SET status = 'withdrawn', not_before = 1`,
    ],
    ['a history that is rewritten', `UPDATE history SET why = 'because'`],
    ['a history that goes before its finding', `DELETE FROM history WHERE entity = 'finding'`],
    ['a history that goes before its correction', `DELETE FROM history WHERE entity = 'correction'`],
    ['a history that goes before its run', `DELETE FROM history WHERE entity = 'run'`],
    ['a change that changes nothing', `INSERT INTO history VALUES (99, 'run', '1', 1, 'a', 'x', 'x', '')`],
    ['an agent deleted under his log', 'DELETE FROM agents'],
    ['a finding deleted under its corrections', 'DELETE FROM findings'],
    ['a lock held for no time', 'UPDATE leases SET expires_at = NULL'],
    ['a slot with a fate of its own', `INSERT INTO slots VALUES ('collect', 1, 'lost', 1)`],
  ])('refuse %s', (_, sql) => {
    expect(() => ledger.database.exec(sql)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^SQLITE_CONSTRAINT/) }),
    );
  });

  it('refuse a second run under way, and a second correction of an agent', async () => {
    const { store, lease, database } = ledger;
    await openRun(store, lease);
    expect(() => database.exec(`UPDATE runs SET status = 'running', ended_at = NULL`)).toThrow(/UNIQUE/);
    await commit(store, lease, 2, 'a', {
      findings: [found('g', drift(T0 + 9))],
      corrections: [correction('a', 'g', T0 + 9)],
    });
    const sending = `UPDATE corrections SET attempts = 1, first_sent_at = 1, last_fence = 1, status = 'sending'`;
    expect(() => database.exec(sending)).toThrow(/UNIQUE/);
  });

  it('refuse to change an attempt that has ended', async () => {
    const { store, lease, database } = ledger;
    const { correctionId } = (await store.dueCorrections(T0, 1))[0]!;
    const attemptId = await store.beginAttempt(lease, correctionId, T0);
    expect(() => database.exec('UPDATE attempts SET fence = 9')).toThrow(/does not change/);
    await store.finishAttempt(lease, answered(correctionId, { attemptId }), T0 + 1);
    expect(() => database.exec(`UPDATE attempts SET answer = 'other'`)).toThrow(/does not change/);
  });

  it('know the same words as the domain', () => {
    const sqlOf = ledger.database.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').pluck();
    for (const word of [...FINDING_STATUSES, ...FINDING_KINDS])
      expect(sqlOf.get('findings')).toContain(`'${word}'`);
    for (const word of CORRECTION_STATES) expect(sqlOf.get('corrections')).toContain(`'${word}'`);
  });

  it('tell of every change of status in order: when, who, from, to, why', async () => {
    const { store, lease, runId, database } = ledger;
    const { correctionId } = (await store.dueCorrections(T0, 1))[0]!;
    const attemptId = await store.beginAttempt(lease, correctionId, T0 + 1);
    await store.finishAttempt(lease, answered(correctionId, { attemptId }), T0 + 2);
    const run = `run ${runId}`;
    const rows = database
      .prepare('SELECT entity, from_status, to_status, actor FROM history ORDER BY sequence')
      .raw()
      .all();
    expect(rows).toEqual([
      ['run', null, 'running', run],
      ['finding', null, 'open', run],
      ['correction', null, 'proposed', run],
      ['correction', 'proposed', 'waiting', run],
      ['run', 'running', 'done', run],
      ['correction', 'waiting', 'sending', lease.owner],
      ['correction', 'sending', 'delivered', lease.owner],
      ['finding', 'open', 'corrected', lease.owner],
    ]);
    const attempts = database
      .prepare('SELECT started_at, ended_at, answer, vendor_id FROM attempts')
      .raw()
      .all();
    expect(attempts).toEqual([[T0 + 1, T0 + 2, 'delivered', 'adj-1']]);
  });

  it('count an approved finding as corrected once its corrections are delivered', async () => {
    const { store, lease, database } = ledger;
    database.exec(`UPDATE findings SET status = 'approved', reviewed_by = 'anna', reviewed_at = 1`);
    const { correctionId } = (await store.dueCorrections(T0, 1))[0]!;
    const attemptId = await store.beginAttempt(lease, correctionId, T0 + 1);
    await store.finishAttempt(lease, answered(correctionId, { attemptId }), T0 + 2);
    expect(await store.driftPage({}, 1)).toMatchObject([{ status: 'corrected', reviewedBy: 'anna' }]);
  });

  it('send nothing over a take-back that is unsettled', async () => {
    const { store, lease, database } = ledger;
    const { correctionId } = (await store.dueCorrections(T0, 1))[0]!;
    const attemptId = await store.beginAttempt(lease, correctionId, T0 + 1);
    await store.finishAttempt(lease, answered(correctionId, { attemptId }), T0 + 2);
    database.exec(`UPDATE corrections SET status = 'take_back_waiting'`);
    const runId = await openRun(store, lease);
    const { start } = correction('a', 'f-a', T0 + 60_000);
    const over = correction('a', 'f-a', start + 1_000, { state: 'break' });
    const beside = correction('a', 'f-a', start + 3_000);
    await commit(store, lease, runId, 'a', { corrections: [over, beside] });
    await store.closeRun(lease, runId, outcome(), T0);
    const due = await store.dueCorrections(T0, 9);
    expect(due.map((row) => row.correctionId)).toEqual([correctionId]);
    expect(await store.beginAttempt(lease, over.correctionId, T0)).toBeUndefined();
    const takingBack = await store.beginAttempt(lease, correctionId, T0);
    await store.finishAttempt(
      lease,
      answered(correctionId, { attemptId: takingBack, state: 'taken_back' }),
      T0,
    );
    expect(await store.dueCorrections(T0, 9)).toMatchObject([{ correctionId: over.correctionId }]);
  });
});
