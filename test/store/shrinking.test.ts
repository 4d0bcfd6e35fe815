import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import {
  commit,
  drift,
  EVIDENCE,
  found,
  HOUR,
  lockOf,
  openRun,
  outcome,
  RULE,
  T0,
  transition,
} from '../contract/store-fixtures.ts';
import { opened, scratchFile } from './scratch.ts';

const LATER = T0 + 1_000 * HOUR;

describe('pruning', () => {
  it('makes the file smaller, in batches that nobody waits long for', async () => {
    const path = scratchFile();
    const store = opened({ path });
    const many = Array.from({ length: 100_000 }, (_, index) =>
      transition(`agent ${index % 50}`, index % 2 === 0 ? 'x' : 'y', T0 + index),
    );
    await store.recordTransitions(many, RULE);
    const lease = await lockOf(store);
    const runId = await openRun(store, lease);
    const report = Array.from({ length: 60 }, () => EVIDENCE.report[0]!);
    const evidence = { ...EVIDENCE, report };
    const findings = Array.from({ length: 2_000 }, (_, index) =>
      found(`f${index}`, drift(T0 + index), { status: 'resolved', evidence }),
    );
    await commit(store, lease, runId, 'agent 0', { findings });
    await store.closeRun(lease, runId, outcome(), T0);
    const database = new Database(path);
    database.pragma('wal_checkpoint(TRUNCATE)');
    const before = statSync(path).size;
    let longestMs = 0;
    for (let deleted = 1; deleted > 0; ) {
      const startedAt = performance.now();
      deleted = await store.pruneBatch({ events: LATER, audit: LATER }, 500);
      longestMs = Math.max(longestMs, performance.now() - startedAt);
    }
    const free = database.pragma('freelist_count', { simple: true });
    const left = database.prepare('SELECT count(*) FROM transitions').pluck().get();
    database.close();
    expect(left).toBe(50 * 5);
    expect(free).toBe(0);
    expect(statSync(path).size).toBeLessThan(before / 10);
    expect(longestMs).toBeLessThan(250);
  }, 60_000);
});
