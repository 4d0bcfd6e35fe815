import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../src/domain/transition.ts';
import type { AgentStatus, Store } from '../../src/usecases/ports.ts';
import {
  agentOf,
  commit,
  evidenceOf,
  HOUR,
  lockOf,
  MARGIN_MS,
  MINUTE,
  openRun,
  RULE,
  T0,
  transition,
  versionOf,
} from './store-fixtures.ts';

async function logOf(store: Store, userId: string): Promise<readonly LogEntry[]> {
  return (await evidenceOf(store, userId, { from: T0 - 10 * HOUR, to: T0 + 10 * HOUR })).log;
}

async function judgedUntil(store: Store, userId: string, to: number): Promise<void> {
  const lease = await lockOf(store);
  const runId = await openRun(store, lease);
  await commit(store, lease, runId, userId, { window: { from: T0 - HOUR, to }, watermark: to });
  await store.releaseLease('run', lease);
}

function seen(userId: string, observedAt: number, state?: string, updatedAt = 0) {
  const status: AgentStatus | undefined = state === undefined ? undefined : { state, updatedAt };
  return { userId, observedAt, status };
}

export function eventLogContract(open: () => Store): void {
  describe('recording transitions', () => {
    it('takes many at once as it takes them one by one, known and polled ones among them', async () => {
      const users = ['a', 'b', 'c'];
      const many = Array.from({ length: 230 }, (_, i) =>
        transition(users[i % 3]!, `s${i % 4}`, T0 - HOUR + Math.floor(i / 3) * MINUTE),
      );
      const given = [...many, ...many.slice(90, 100)];
      const before = [
        ...many.slice(40, 60),
        ...many.slice(120, 123).map((one) => ({ ...one, source: 'poll' as const })),
      ];
      const take = async (batches: readonly (typeof given)[]) => {
        const store = open();
        await store.recordTransitions(before, RULE);
        for (const userId of users) await judgedUntil(store, userId, T0 + 3 * HOUR);
        let [stored, duplicates] = [0, 0];
        for (const batch of batches) {
          const counts = await store.recordTransitions(batch, RULE);
          stored += counts.stored;
          duplicates += counts.duplicates;
        }
        const agents = [];
        for (const userId of users) {
          const log = (await logOf(store, userId)).map(({ sequence: _, ...entry }) => entry);
          agents.push({ log, ...(await agentOf(store, userId)) });
        }
        return { stored, duplicates, agents };
      };
      const together = await take([given]);
      expect(together).toEqual(await take(given.map((one) => [one])));
      expect(together).toMatchObject({ stored: 207, duplicates: 33 });
      expect(together.agents.every(({ log }) => log.every(({ told }) => told))).toBe(true);
    });

    it('stores each transition once, whatever the case and blanks of its state', async () => {
      const store = open();
      const given = [
        transition('a', 'Available', T0),
        transition('a', ' available ', T0),
        transition('a', 'ACW', T0),
        transition('b', 'Available', T0),
      ];
      expect(await store.recordTransitions(given, RULE)).toEqual({ stored: 3, duplicates: 1 });
      expect(await store.recordTransitions(given, RULE)).toEqual({ stored: 0, duplicates: 4 });
      expect((await logOf(store, 'a')).map(({ state, told }) => [state, told])).toEqual([
        ['available', true],
        ['acw', true],
      ]);
    });

    it('takes the same event id for the same transition, and of two the first', async () => {
      const store = open();
      const first = transition('b', 'acw', T0, { eventId: 'e1' });
      const second = transition('a', 'acw', T0 + 1, { eventId: 'e1' });
      expect(await store.recordTransitions([first, second], RULE)).toEqual({ stored: 1, duplicates: 1 });
      expect(await logOf(store, 'b')).toHaveLength(1);
      expect(await logOf(store, 'a')).toEqual([]);
    });

    it('keeps the order of arrival, however the agents are mixed', async () => {
      const store = open();
      await store.recordTransitions(
        [
          transition('b', 'x', T0),
          transition('a', 'x', T0),
          transition('b', 'y', T0),
          transition('a', 'y', T0),
        ],
        RULE,
      );
      for (const userId of ['a', 'b']) {
        const log = await logOf(store, userId);
        expect(log.map(({ state }) => state)).toEqual(['x', 'y']);
        expect(log[0]!.sequence).toBeLessThan(log[1]!.sequence);
      }
    });

    it('adds nobody whose batch was refused', async () => {
      const store = open();
      const broken = { ...transition('a', 'x', T0), at: 1.5 };
      await expect(store.recordTransitions([transition('b', 'x', T0), broken], RULE)).rejects.toThrow();
      expect(await store.listAgents({ limit: 10 })).toEqual([]);
      expect(await store.recordTransitions([transition('b', 'x', T0)], RULE)).toEqual({
        stored: 1,
        duplicates: 0,
      });
    });

    it('grows the version with each change, and only then', async () => {
      const store = open();
      await store.recordTransitions([transition('a', 'x', T0)], RULE);
      const before = await versionOf(store, 'a');
      await store.recordTransitions([transition('a', 'x', T0)], RULE);
      expect(await versionOf(store, 'a')).toBe(before);
      await store.recordTransitions([transition('a', 'y', T0 + 1)], RULE);
      expect(await versionOf(store, 'a')).toBeGreaterThan(before);
    });

    it('reopens judged time from its instant minus the margin', async () => {
      const store = open();
      await store.recordTransitions([transition('a', 'x', T0 - HOUR)], RULE);
      await judgedUntil(store, 'a', T0 + HOUR);
      await store.recordTransitions([transition('a', 'y', T0 + HOUR + MARGIN_MS)], RULE);
      expect(await agentOf(store, 'a')).toMatchObject({
        reopenedFrom: undefined,
        firstTransitionAt: T0 - HOUR,
      });
      await store.recordTransitions([transition('a', 'y', T0 + HOUR + MARGIN_MS - 1)], RULE);
      expect(await agentOf(store, 'a')).toMatchObject({ reopenedFrom: T0 + HOUR - 1 });
      await store.recordTransitions([transition('a', 'y', T0 + 9), transition('a', 'z', T0 + 5)], RULE);
      expect(await agentOf(store, 'a')).toMatchObject({ reopenedFrom: T0 + 5 - MARGIN_MS });
    });

    it('stores what lies in closed time and reopens nothing', async () => {
      const store = open();
      await store.recordTransitions([transition('a', 'x', T0 - HOUR)], RULE);
      await judgedUntil(store, 'a', T0 + HOUR);
      const rule = { ...RULE, closedBefore: T0 };
      expect(await store.recordTransitions([transition('a', 'y', T0 - 1)], rule)).toMatchObject({
        stored: 1,
      });
      expect((await agentOf(store, 'a')).reopenedFrom).toBeUndefined();
    });

    it('remembers what lies in closed time, for whom a person unlocks it', async () => {
      const store = open();
      const rule = { ...RULE, closedBefore: T0 };
      for (const agent of ['a', 'b']) {
        await store.recordTransitions([transition(agent, 'x', T0 - HOUR)], RULE);
        await judgedUntil(store, agent, T0 + HOUR);
        await store.recordTransitions([transition(agent, 'y', T0 - 1), transition(agent, 'z', T0 - 9)], rule);
      }
      const lease = await lockOf(store, 'me', T0 + HOUR);
      expect(await store.unlockClosedTime(lease, ['a'])).toBe(1);
      expect(await agentOf(store, 'a')).toMatchObject({ reopenedFrom: T0 - 9 - MARGIN_MS });
      expect((await agentOf(store, 'b')).reopenedFrom).toBeUndefined();
      expect(await store.unlockClosedTime(lease, undefined)).toBe(1);
      expect(await agentOf(store, 'b')).toMatchObject({ reopenedFrom: T0 - 9 - MARGIN_MS });
      expect(await store.unlockClosedTime(lease, undefined)).toBe(0);
    });

    it('brings a retired agent back', async () => {
      const store = open();
      await store.recordTransitions([transition('a', 'x', T0)], RULE);
      const lease = await lockOf(store);
      await store.noteNotFound(lease, [{ userId: 'a', retired: false }], T0 + 1);
      await store.noteNotFound(lease, [{ userId: 'a', retired: true }], T0 + 2);
      expect(await agentOf(store, 'a')).toMatchObject({ notFoundSince: T0 + 1, retiredAt: T0 + 2 });
      await store.recordTransitions([transition('a', 'x', T0)], RULE);
      expect(await agentOf(store, 'a')).toMatchObject({ retiredAt: T0 + 2 });
      await store.recordTransitions([transition('a', 'y', T0 + 3)], RULE);
      expect(await agentOf(store, 'a')).toMatchObject({ notFoundSince: undefined, retiredAt: undefined });
    });
  });

  describe('recording what polls saw', () => {
    it('stores a new state and moves the same one only forward', async () => {
      const store = open();
      const first = [seen('a', T0 + 10, 'Available', T0), seen('b', T0 + 10)];
      expect(await store.recordObservations(first, RULE)).toEqual({ changed: 1, unchanged: 0, absent: 1 });
      expect(await logOf(store, 'a')).toMatchObject([{ at: T0, told: false, confirmedUntil: T0 + 10 }]);
      const again = [seen('a', T0 + 20, 'available', T0), seen('a', T0 + 5, 'Available', T0)];
      expect(await store.recordObservations(again, RULE)).toEqual({ changed: 0, unchanged: 2, absent: 0 });
      expect(await logOf(store, 'a')).toMatchObject([{ confirmedUntil: T0 + 20, absentAt: undefined }]);
      expect(await store.listAgents({ limit: 9 })).toHaveLength(1);
    });

    it('survives a poll that was sent before the instant it saw', async () => {
      const store = open();
      await store.recordObservations([seen('a', T0 - 500, 'x', T0)], RULE);
      expect(await logOf(store, 'a')).toMatchObject([{ at: T0, confirmedUntil: T0 }]);
    });

    it('notes the first absence after the last confirmation, until the state is seen again', async () => {
      const store = open();
      await store.recordObservations([seen('a', T0 + 10, 'x', T0)], RULE);
      await store.recordObservations([seen('a', T0 + 9), seen('a', T0 + 30), seen('a', T0 + 20)], RULE);
      expect(await logOf(store, 'a')).toMatchObject([{ absentAt: T0 + 20 }]);
      await store.recordObservations([seen('a', T0 + 15, 'x', T0)], RULE);
      expect(await logOf(store, 'a')).toMatchObject([{ confirmedUntil: T0 + 15, absentAt: T0 + 20 }]);
      await store.recordObservations([seen('a', T0 + 40, 'x', T0)], RULE);
      expect(await logOf(store, 'a')).toMatchObject([{ confirmedUntil: T0 + 40, absentAt: undefined }]);
    });

    it('marks the absence on the latest transition at or before it', async () => {
      const store = open();
      await store.recordTransitions([transition('a', 'x', T0), transition('a', 'y', T0 + 50)], RULE);
      await store.recordObservations([seen('a', T0 + 49)], RULE);
      expect(await logOf(store, 'a')).toMatchObject([{ absentAt: T0 + 49 }, { absentAt: undefined }]);
    });

    it('marks a polled transition as told when a push or an import tells of it', async () => {
      const store = open();
      await store.recordObservations([seen('a', T0 + 10, 'x', T0)], RULE);
      const before = await versionOf(store, 'a');
      const told = transition('a', 'X', T0, { source: 'webhook', eventId: 'e1' });
      expect(await store.recordTransitions([told], RULE)).toEqual({ stored: 0, duplicates: 1 });
      expect(await logOf(store, 'a')).toMatchObject([{ told: true, confirmedUntil: T0 + 10 }]);
      expect(await versionOf(store, 'a')).toBeGreaterThan(before);
      const moved = transition('a', 'y', T0 + 5, { eventId: 'e1' });
      expect(await store.recordTransitions([moved], RULE)).toEqual({ stored: 0, duplicates: 1 });
    });

    it('reopens what was judged as unknown once it becomes known', async () => {
      const store = open();
      await store.recordObservations([seen('a', T0 + 10, 'x', T0)], RULE);
      await judgedUntil(store, 'a', T0 + HOUR);
      await store.recordObservations([seen('a', T0 + 2 * HOUR, 'x', T0)], RULE);
      expect((await agentOf(store, 'a')).reopenedFrom).toBe(T0 + 10 - MARGIN_MS);
    });

    it('reopens nothing when polls go on as they should', async () => {
      const store = open();
      await store.recordObservations([seen('a', T0 + HOUR + 4 * MINUTE, 'x', T0)], RULE);
      await judgedUntil(store, 'a', T0 + HOUR);
      await store.recordObservations([seen('a', T0 + HOUR + 5 * MINUTE, 'x', T0)], RULE);
      expect((await agentOf(store, 'a')).reopenedFrom).toBeUndefined();
    });

    it('reopens the hole before a polled transition when it is told of, or when one in the hole is', async () => {
      for (const late of [transition('a', 'y', T0 + HOUR), transition('a', 'z', T0 + HOUR - 10 * MINUTE)]) {
        const store = open();
        await store.recordObservations([seen('a', T0 + 10, 'x', T0)], RULE);
        await store.recordObservations([seen('a', T0 + HOUR + 5, 'y', T0 + HOUR)], RULE);
        await judgedUntil(store, 'a', T0 + 3 * HOUR);
        await store.recordTransitions([late], RULE);
        expect((await agentOf(store, 'a')).reopenedFrom).toBe(T0 + 10 - MARGIN_MS);
      }
    });
  });
}
