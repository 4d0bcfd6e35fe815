import { describe, expect, it } from 'vitest';
import type { Shift } from '../../src/domain/shift.ts';
import type { RosterAgent, Store } from '../../src/usecases/ports.ts';
import {
  agentOf,
  evidenceOf,
  HOUR,
  lockOf,
  MARGIN_MS,
  RULE,
  T0,
  transition,
  WINDOW,
} from './store-fixtures.ts';

function listed(userId: string, name = userId): RosterAgent {
  return {
    userId,
    agentId: `id-${userId}`,
    username: `${userId}@x`,
    name,
    team: 't',
    timeZone: 'Europe/Berlin',
  };
}

function shift(id: string, start: number, end: number): Shift {
  return { id, start, end, timeZone: 'UTC', activities: [{ start, end, state: 'available' }] };
}

export function agentContract(open: () => Store): void {
  describe('the roster', () => {
    it('counts everybody in until one was read to its end', async () => {
      const store = open();
      await store.recordTransitions([transition('log', 'x', T0)], RULE);
      await store.saveRosterPage([listed('a')], T0);
      expect((await store.listAgents({ limit: 9 })).map((agent) => agent.inRoster)).toEqual([true, true]);
      await store.closeRoster(T0);
      expect(await agentOf(store, 'a')).toMatchObject({ inRoster: true, name: 'a', team: 't' });
      expect(await agentOf(store, 'log')).toMatchObject({ inRoster: false, name: undefined });
    });

    it('takes nobody in or out when it breaks off', async () => {
      const store = open();
      await store.saveRosterPage([listed('a'), listed('b')], T0);
      await store.closeRoster(T0);
      for (const rosterAt of [T0 + 1, T0 + 2])
        await store.saveRosterPage([listed('a', 'new'), listed('c')], rosterAt);
      expect((await store.listAgents({ limit: 9 })).map((agent) => [agent.userId, agent.inRoster])).toEqual([
        ['a', true],
        ['b', true],
        ['c', false],
      ]);
      expect((await agentOf(store, 'a')).name).toBe('new');
      await store.closeRoster(T0 + 2);
      expect((await store.listAgents({ limit: 9 })).map((agent) => agent.inRoster)).toEqual([
        true,
        false,
        true,
      ]);
    });

    it('brings back a retired agent whom it lists again', async () => {
      const store = open();
      await store.saveRosterPage([listed('a')], T0);
      await store.noteNotFound(await lockOf(store), [{ userId: 'a', retired: true }], T0);
      expect((await agentOf(store, 'a')).retiredAt).toBe(T0);
      await store.saveRosterPage([listed('a')], T0 + 1);
      expect((await agentOf(store, 'a')).retiredAt).toBeUndefined();
    });

    it('lists pages in order of user id, or only whom it is asked for', async () => {
      const store = open();
      await store.saveRosterPage(
        ['d', 'b', 'a', 'c'].map((id) => listed(id)),
        T0,
      );
      const ids = async (page: Parameters<Store['listAgents']>[0]) =>
        (await store.listAgents(page)).map(({ userId }) => userId);
      expect(await ids({ limit: 3 })).toEqual(['a', 'b', 'c']);
      expect(await ids({ limit: 3, after: 'c' })).toEqual(['d']);
      expect(await ids({ limit: 9, userIds: ['d', 'x', 'b'] })).toEqual(['b', 'd']);
      expect(await ids({ limit: 9, after: 'b', userIds: ['d', 'b'] })).toEqual(['d']);
      expect(await ids({ limit: 9, userIds: [] })).toEqual([]);
    });
  });

  describe('schedules', () => {
    it('are unknown until read, and keep the shifts that overlap what was asked', async () => {
      const store = open();
      await store.recordTransitions([transition('a', 'x', T0)], RULE);
      expect((await evidenceOf(store, 'a')).shifts).toBeUndefined();
      const known = { start: T0, end: T0 + 8 * HOUR };
      const shifts = [shift('late', T0 + 9 * HOUR, T0 + 10 * HOUR), shift('now', T0 - HOUR, T0 + HOUR)];
      await store.saveSchedule('a', { version: 3, shifts }, known, T0 + 5);
      const evidence = await evidenceOf(store, 'a');
      expect(evidence.shifts).toEqual({ shifts: [shifts[1]], known, fetchedAt: T0 + 5 });
      await store.saveSchedule('a', { version: 4, shifts: [] }, known, T0 + 6);
      expect((await evidenceOf(store, 'a')).shifts).toMatchObject({
        shifts: [],
        fetchedAt: T0 + 6,
      });
    });

    it('gives only the shifts that overlap the range', async () => {
      const store = open();
      const { from, to } = WINDOW;
      const shifts = [
        shift('ends before', from - 2 * HOUR, from - MARGIN_MS),
        shift('ends inside', from - HOUR, from - MARGIN_MS + 1),
        shift('starts inside', to + MARGIN_MS - 1, to + HOUR),
        shift('starts behind', to + MARGIN_MS, to + HOUR),
      ];
      await store.saveSchedule('a', { version: 1, shifts }, { start: T0 - 9 * HOUR, end: T0 + 9 * HOUR }, T0);
      const known = (await evidenceOf(store, 'a')).shifts;
      expect(known?.shifts.map(({ id }) => id)).toEqual(['ends inside', 'starts inside']);
    });
  });
}
