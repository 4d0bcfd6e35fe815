import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  evidenceOf,
  judged,
  letGo,
  lockOf,
  MINUTE,
  openRun,
  RULE,
  T0,
  transition,
  versionOf,
} from '../contract/store-fixtures.ts';
import { opened, scratchFile } from './scratch.ts';

describe('two connections to one file', () => {
  it('see each other’s locks, and the old owner is fenced off', async () => {
    const path = scratchFile();
    const [one, two] = [opened({ path }), opened({ path })];
    const old = await lockOf(one, 'one');
    expect(await two.takeLease('run', 'two', T0, MINUTE, () => false)).toEqual({ heldBy: 'one' });
    const lease = await lockOf(two, 'two', T0 + MINUTE);
    await expect(openRun(one, old)).rejects.toMatchObject({ code: 'lock_lost' });
    expect(await openRun(two, lease)).toBe(1);
  });

  it('number the same agents and states alike, whoever added them', async () => {
    const path = scratchFile();
    const [one, two] = [opened({ path }), opened({ path })];
    await one.recordTransitions([transition('a', 'x', T0)], RULE);
    await two.recordTransitions([transition('b', 'y', T0), transition('a', 'x', T0)], RULE);
    expect(await one.recordTransitions([transition('b', 'Y', T0), transition('a', 'y', T0)], RULE)).toEqual({
      stored: 1,
      duplicates: 1,
    });
    const { log } = await evidenceOf(two, 'a', { from: T0, to: T0 + 1 });
    expect(log.map(({ state, sequence }) => [state, sequence])).toEqual([
      ['x', 1],
      ['y', 5],
    ]);
  });

  it('leave out the agent whose log the other has changed meanwhile', async () => {
    const path = scratchFile();
    const [one, two] = [opened({ path }), opened({ path })];
    await one.recordTransitions([transition('a', 'x', T0)], RULE);
    const version = await versionOf(one, 'a');
    const lease = await lockOf(one);
    const runId = await openRun(one, lease);
    await two.recordTransitions([transition('a', 'y', T0 + 1)], RULE);
    expect(await one.commitWindows(lease, runId, [judged('a', version)], T0)).toEqual({ stale: ['a'] });
  });

  it('say clearly when another keeps the file locked', async () => {
    const path = scratchFile();
    const store = opened({ path });
    const other = new Database(path);
    onTestFinished(() => {
      other.close();
    });
    other.exec('BEGIN IMMEDIATE');
    await expect(store.recordTransitions([transition('a', 'x', T0)], RULE)).rejects.toMatchObject({
      code: 'database_unusable',
      message: expect.stringContaining('kept locked by another process'),
    });
    other.exec('ROLLBACK');
    expect(await store.recordTransitions([transition('a', 'x', T0)], RULE)).toMatchObject({ stored: 1 });
  });

  it('read on while the other writes, and write nothing when opened to read', async () => {
    const path = scratchFile();
    const store = opened({ path });
    await letGo(store, await lockOf(store), ['a']);
    const reader = opened({ path, readonly: true });
    const other = new Database(path);
    onTestFinished(() => {
      other.close();
    });
    other.exec('BEGIN IMMEDIATE');
    expect(await reader.driftPage({}, 9)).toHaveLength(1);
    expect(await reader.listAgents({ limit: 9 })).toHaveLength(1);
    other.exec('ROLLBACK');
    await expect(reader.recordTransitions([transition('a', 'x', T0)], RULE)).rejects.toMatchObject({
      code: 'database_unusable',
    });
  });
});
