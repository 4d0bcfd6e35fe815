import { expect, it } from 'vitest';
import { openStore } from '../../src/store/sqlite/store.ts';
import { collectStatus } from '../../src/usecases/collect-status.ts';
import type { RosterAgent, SeenStatus, Vendor } from '../../src/usecases/ports.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const T0 = Date.UTC(2026, 2, 2, 9);

/** Who was told of as having sessions, out of agents with these statuses. */
async function seenWithSessions(statuses: Readonly<Record<string, Omit<SeenStatus, 'updatedAt'>>>) {
  const blank = { name: undefined, team: undefined, timeZone: undefined };
  const roster = Object.keys(statuses).map(
    (userId): RosterAgent => ({ userId, agentId: `a-${userId}`, username: userId, ...blank }),
  );
  const vendor = {
    roster: async function* () {
      yield roster;
    },
    agentStatus: async (userId: string) => ({ ...statuses[userId]!, updatedAt: T0 - 1_000 }),
  } as unknown as Vendor;
  const told: string[] = [];
  const store = openStore({ path: ':memory:' });
  const reopenRule = () => ({ marginMs: 300_000, closedBefore: 0 });
  const onSessions = (userId: string): void => void told.push(userId);
  const deps = { store, vendor, clock: new VirtualClock(T0), maxConcurrency: 2, reopenRule, onSessions };
  await collectStatus(deps, new AbortController().signal);
  await store.close();
  return told.sort();
}

it('tells of agents with sessions, by their number or by what the status is called', async () => {
  expect(
    await seenWithSessions({
      counted: { state: 'available', activeSessions: 1 },
      inAcw: { state: 'acw', activeSessions: 0 },
      onHold: { state: ' Hold ', activeSessions: 0 },
      uncounted: { state: 'ringing' },
      free: { state: 'available', activeSessions: 0 },
      busy: { state: 'busy', activeSessions: 0 },
      ended: { state: 'ended', activeSessions: 0 },
    }),
  ).toEqual(['counted', 'inAcw', 'onHold', 'uncounted']);
});
