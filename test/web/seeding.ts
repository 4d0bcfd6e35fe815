import type { Finding } from '../../src/domain/finding.ts';
import type { Instant } from '../../src/domain/instant.ts';
import type { Lease, Store } from '../../src/usecases/ports.ts';
import {
  commit,
  correction,
  drift,
  found,
  lockOf,
  openRun,
  outcome,
  RULE,
  T0,
  transition,
} from '../contract/store-fixtures.ts';

/* A ledger with something in it, written as the program writes it. */

export interface Seeded {
  readonly lease: Lease;
  readonly runId: number;
}

/** Logs one transition of an agent and opens a run under a lock. */
export async function begun(store: Store, userIds: readonly string[], at: Instant = T0): Promise<Seeded> {
  await store.recordTransitions(
    userIds.map((userId) => transition(userId, 'acw', at)),
    RULE,
  );
  const lease = await lockOf(store, 'seeding', at);
  return { lease, runId: await openRun(store, lease, at) };
}

/** Findings of one agent, a minute apart, each with the id `prefix-index`. */
export async function withFindings(
  store: Store,
  { lease, runId }: Seeded,
  userId: string,
  findings: readonly Finding[],
  prefix: string = userId,
): Promise<void> {
  await commit(store, lease, runId, userId, {
    findings: findings.map((finding, index) => found(`${prefix}-${String(index).padStart(4, '0')}`, finding)),
    report: [{ start: T0, end: undefined, state: 'inbound', durationSeconds: 60 }],
  });
}

export function drifts(count: number, from: Instant = T0, everyMs = 60_000): Finding[] {
  return Array.from({ length: count }, (_, index) => drift(from + index * everyMs));
}

export async function closed(store: Store, { lease, runId }: Seeded, held = false): Promise<void> {
  const end = held ? outcome({ status: 'held', reason: 'looks wrong' }) : outcome();
  await store.closeRun(lease, runId, end, T0 + 60_000);
  await store.releaseLease('run', lease);
}

/** A finding with a correction, whose run is held. @returns the finding's id. */
export async function heldFinding(
  store: Store,
  userId: string,
): Promise<{ findingId: string; runId: number }> {
  const seeded = await begun(store, [userId]);
  const findingId = `held-of-${userId}`;
  await commit(store, seeded.lease, seeded.runId, userId, {
    findings: [found(findingId, drift(T0))],
    corrections: [correction(userId, findingId, T0)],
  });
  await closed(store, seeded, true);
  return { findingId, runId: seeded.runId };
}
