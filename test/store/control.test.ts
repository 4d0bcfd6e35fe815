import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ACW_TYPES, CONTRACT_STATES, EXTENSION_STATES } from '../../src/domain/acw.ts';
import { CHANGE_STATES, SETTABLE_STATES } from '../../src/domain/change.ts';
import { OVERRIDE_STATES } from '../../src/domain/override.ts';
import { SESSION_STATES } from '../../src/domain/session.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import {
  change,
  contract,
  escalate,
  override,
  polled,
  pushed,
  running,
  told,
} from '../contract/control-fixtures.ts';
import { controlStoreContract } from '../contract/control-store.ts';
import { T0 } from '../contract/store-fixtures.ts';
import { opened, scratchFile } from './scratch.ts';

describe('what changing agents’ states keeps in a SQLite file', () => {
  controlStoreContract(() => opened({ path: scratchFile() }));
});

/** Two stores on one file, and a connection of our own to look past them. */
function twoOnOne() {
  const path = scratchFile();
  const [one, two] = [opened({ path }), opened({ path })];
  const database = new Database(path);
  onTestFinished(() => {
    database.close();
  });
  return { path, one, two, database };
}

describe('two processes with one file', () => {
  it('begin one change of an agent between them', async () => {
    const { one, two } = twoOnOne();
    await one.addChange(change('c1'), false, told('status_requested'));
    await two.addChange(change('c2'), false, told('status_requested'));
    const begun = await Promise.all([
      one.beginChange('c1', 'one', told('status_sent')),
      two.beginChange('c1', 'two', told('status_sent')),
      two.beginChange('c2', 'two', told('status_sent')),
    ]);
    expect(begun.filter((isBegun) => isBegun)).toHaveLength(1);
    expect(await one.auditPage({ event: 'status_sent' }, 9)).toHaveLength(1);
  });

  it('take one step between them, and tell of it once', async () => {
    const { one, two } = twoOnOne();
    await one.addChange(change('c1'), false, told('status_requested'));
    const ends = await Promise.all([
      one.stepChange('c1', 'queued', { status: 'expired' }, told('end')),
      two.stepChange('c1', 'queued', { status: 'void' }, told('end')),
    ]);
    expect(ends.filter((isTaken) => isTaken)).toHaveLength(1);
    expect(await two.auditPage({ event: 'end' }, 9)).toHaveLength(1);
  });

  it('make one contract of a session, and begin its extension once', async () => {
    const { one, two } = twoOnOne();
    const made = await Promise.all([
      one.addContract(contract('s1', { owner: 'one' }), told('acw_sent')),
      two.addContract(contract('s1', { owner: 'two' }), told('acw_sent')),
    ]);
    expect(made.filter(({ added }) => added)).toHaveLength(1);
    expect(made[0].contract).toEqual(made[1].contract);
    await one.stepContract('s1', 'sending', { status: 'running', endsAt: T0 }, told('acw_answered'));
    const extend = (owner: string) =>
      ({ status: 'running', owner, extension: { seconds: 5, status: 'sending' } }) as const;
    const extended = await Promise.all([
      one.stepContract('s1', 'running', extend('one'), told('acw_extended')),
      two.stepContract('s1', 'running', extend('two'), told('acw_extended')),
    ]);
    expect(extended.filter((isBegun) => isBegun)).toHaveLength(1);
    expect(await one.auditPage({ event: 'acw_extended' }, 9)).toHaveLength(1);
  });

  it('execute an override once', async () => {
    const { one, two } = twoOnOne();
    await one.addOverride(override('o1'), told('override_requested'));
    const execute = (owner: string) =>
      ({ status: 'executing', decidedBy: 'berta', decidedAt: T0, owner }) as const;
    const begun = await Promise.all([
      one.stepOverride('o1', 'requested', execute('one'), told('override_sent')),
      two.stepOverride('o1', 'requested', execute('two'), told('override_sent')),
    ]);
    expect(begun.filter((isBegun) => isBegun)).toHaveLength(1);
  });

  it('send nothing from a file that was put in place of theirs', async () => {
    const { one, database } = twoOnOne();
    await one.addChange(change('c1'), false, told('status_requested'));
    await one.addContract(running('s1'), told('acw_decided'));
    await one.addOverride(override('o1'), told('override_requested'));
    database.exec(`UPDATE meta SET value = value - 1 WHERE key = 'generation'`);
    const exchanged = { code: 'database_unusable', message: expect.stringContaining('put in its place') };
    await expect(one.beginChange('c1', 'one', told('x'))).rejects.toMatchObject(exchanged);
    await expect(one.addContract(contract('s2'), told('x'))).rejects.toMatchObject(exchanged);
    const extend = { status: 'running', owner: 'one', extension: { seconds: 5, status: 'sending' } } as const;
    await expect(one.stepContract('s1', 'running', extend, told('x'))).rejects.toMatchObject(exchanged);
    const execute = { status: 'executing', decidedBy: 'berta', decidedAt: T0, owner: 'one' } as const;
    await expect(one.stepOverride('o1', 'requested', execute, told('x'))).rejects.toMatchObject(exchanged);
    expect(await one.auditPage({ event: 'x' }, 9)).toEqual([]);
  });
});

describe('the tables of control', () => {
  const folder = mkdtempSync(join(tmpdir(), 'adherence-control-'));
  const path = join(folder, 'ledger.db');
  const one = openStore({ path });
  const database = new Database(path);
  afterAll(async () => {
    database.close();
    await one.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeAll(async () => {
    await one.addChange(change('c1'), false, told('status_requested'));
    await one.addChange(change('c2'), false, told('status_requested'));
    await one.addContract(running('s1'), told('acw_sent'));
    await one.addOverride(override('o1'), told('override_requested'));
    await escalate(one, { escalationId: 'e1', event: 'x', body: '{}' }, told('x'));
    await one.recordSessions([polled('s1', 'acw', T0)]);
    await one.recordSessionEvents([pushed('s2', 'Some Thing', T0)]);
    await one.saveDisagreement('a', { userId: 'a', since: T0, told: false, presence: 'x', telephony: 'y' });
  });

  const sending = `status = 'applying', owner = 'me', sendings = 1, unanswered_at = 1`;
  it.each([
    ['an audit that is rewritten', `UPDATE audit SET why = 'other'`],
    ['a row of the audit moved to another time', 'UPDATE audit SET at = 0'],
    ['two changes of an agent under way', `UPDATE changes SET ${sending}`],
    ['a change under way that nobody sends', `UPDATE changes SET ${sending.replace(`'me'`, 'NULL')}`],
    ['an owner of what is not under way', `UPDATE changes SET owner = 'me'`],
    ['a change applied that was never sent', `UPDATE changes SET status = 'applied', updated_at = 1`],
    ['a change of a state of its own', `UPDATE changes SET status = 'nearly'`],
    ['a change to what nobody can be set to', `UPDATE changes SET state = 'talking'`],
    ['half a baseline', `UPDATE changes SET baseline_state = 'x'`],
    ['groups that are no JSON', `UPDATE changes SET skill_groups = '['`],
    ['an instant between two milliseconds', 'UPDATE changes SET requested_at = 1.5'],
    ['a second contract of a session', 'INSERT INTO acw_contracts SELECT * FROM acw_contracts'],
    ['a contract sent for a third time', 'UPDATE acw_contracts SET sent_times = 3'],
    ['a contract that runs without an end', 'UPDATE acw_contracts SET ends_at = NULL'],
    ['an extension by nothing', `UPDATE acw_contracts SET extension_status = 'applied'`],
    [
      'an override let happen by the one who asked',
      `UPDATE overrides SET status = 'failed',
       decided_by = requested_by, decided_at = 1`,
    ],
    [
      'an override executed at no time',
      `UPDATE overrides SET status = 'executed', decided_by = 'b', decided_at = 1`,
    ],
    ['a session of a state of its own', `UPDATE sessions SET state = 'odd'`],
    ['a session that nobody told of', 'UPDATE sessions SET pushed_at = NULL, polled_at = NULL'],
    ['a timer that has run backwards', 'UPDATE sessions SET acw_remaining_s = -1'],
    [
      'an escalation that waits although it is over',
      `UPDATE escalations SET status = 'delivered', not_before = 1`,
    ],
    ['an escalation without a body', `UPDATE escalations SET body = ''`],
    ['a disagreement half told', 'UPDATE disagreements SET told = 2'],
  ])('refuse %s', (_, sql) => {
    expect(() => database.exec(sql)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^SQLITE_CONSTRAINT/) }),
    );
  });

  it('know the same words as the domain', () => {
    const sqlOf = database.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').pluck();
    const words = {
      changes: [...CHANGE_STATES, ...SETTABLE_STATES],
      sessions: SESSION_STATES,
      acw_contracts: [...CONTRACT_STATES, ...EXTENSION_STATES, ...ACW_TYPES],
      overrides: [...OVERRIDE_STATES, ...SETTABLE_STATES],
    };
    for (const [table, all] of Object.entries(words)) {
      for (const word of all) expect(sqlOf.get(table)).toContain(`'${word}'`);
    }
  });

  it('keep the vendor’s own words of a session beside what they mean', () => {
    expect(database.prepare('SELECT state FROM session_events').pluck().all()).toEqual(['Some Thing']);
    expect(database.prepare(`SELECT state FROM sessions WHERE session_id = 's2'`).pluck().get()).toBe(
      'unknown',
    );
  });

  it('undo a push as a whole when one of a batch cannot be kept', async () => {
    const batch = [pushed('s3', 'talking', T0), pushed('s4', 'talking', T0, { mediaType: '' })];
    await expect(one.recordSessionEvents(batch)).rejects.toThrow(/CHECK/);
    expect(await one.knownSession('s3')).toBeUndefined();
    expect(database.prepare('SELECT count(*) FROM session_events').pluck().get()).toBe(1);
  });
});
