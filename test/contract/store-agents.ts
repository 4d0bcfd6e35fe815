import { describe, expect, it } from 'vitest';
import type { Shift } from '../../src/domain/shift.ts';
import type { RosterAgent, Store } from '../../src/usecases/ports.ts';
import type { WebStore } from '../../src/usecases/web-ports.ts';
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

export function agentContract(open: () => Store & WebStore): void {
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

  describe('the search for agents', () => {
    async function searched(names: readonly (string | undefined)[], searches: readonly string[]) {
      const store = open();
      const page = names.map((name, index) => ({ ...listed(`u${index}`), name }));
      await store.saveRosterPage(page, T0);
      const found = searches.map(async (search) => [
        search,
        (await store.agentsPage({ search }, 9)).map(({ userId, name }) => name ?? userId),
      ]);
      return Object.fromEntries(await Promise.all(found)) as Record<string, string[]>;
    }

    it.each([
      ['Özil Mesut', ['Özil', 'özil', 'ÖZIL', 'Ozil', 'ozil m', 'O\u0308zil']],
      ['O\u0308zil Mesut', ['Özil', 'özil', 'ozil']],
      ['Łukasz Żak', ['Łukasz', 'łukasz', 'ŁUKASZ', 'lukasz', 'żak', 'Ż', 'zak']],
      ['İpek Şahin', ['İpek', 'ipek', 'IPEK', 'i̇pek', 'şahin', 'ŞAHİN', 'sahin']],
      ['Işık', ['ışık', 'IŞIK', 'isik']],
      ['Jörg Groß', ['groß', 'GROSS', 'Groẞ', 'jorg g']],
      ['Bjørn Ærø', ['bjørn', 'BJORN', 'ærø', 'AERO']],
      ['Ελένη Σοφός', ['ΣΟΦΌΣ', 'σοφος', 'ελενη', 'φός']],
      ['Зоя Ёлкина', ['зоя', 'ЁЛКИНА', 'елкина']],
    ])('finds %s whatever the case and the accents', async (name, searches) => {
      const others = ['Ann Smith', undefined];
      expect(await searched([...others, name], searches)).toEqual(
        Object.fromEntries(searches.map((search) => [search, [name]])),
      );
    });

    it('looks in the user id as well, and takes no letter for another or for a wildcard', async () => {
      const names = ['Ann Smith', undefined, 'Zoë 100%', 'पिता', 'a\u0000Ö'];
      expect(await searched(names, ['U1', 'oë', '%', '_', 'äb', 'zao', 'पत', 'Ü1', 'ö'])).toEqual({
        U1: ['u1'],
        oë: ['Zoë 100%'],
        '%': ['Zoë 100%'],
        _: [],
        äb: [],
        zao: [],
        पत: [],
        Ü1: ['u1'],
        ö: ['Zoë 100%', 'a\u0000Ö'],
      });
    });

    it('goes page by page and within teams', async () => {
      const store = open();
      await store.saveRosterPage(
        ['d', 'b', 'a', 'c'].map((id) => ({ ...listed(id, `Zoë ${id}`), team: id === 'b' ? 'other' : 't' })),
        T0,
      );
      const ids = async (limit: number, after?: string) =>
        (await store.agentsPage({ search: 'ZOË', teams: ['t'] }, limit, after)).map(({ userId }) => userId);
      expect(await ids(2)).toEqual(['a', 'c']);
      expect(await ids(2, 'c')).toEqual(['d']);
    });
  });

  describe('one agent', () => {
    it('is found by the very user id among many that contain it, and is the same as in the list', async () => {
      const store = open();
      const ids = Array.from({ length: 430 }, (_, index) => `${index + 1}`);
      await store.saveRosterPage(
        ids.map((id) => listed(id, `Agent 7 ${id}`)),
        T0,
      );
      expect(await store.agentById('7')).toMatchObject({ userId: '7', name: 'Agent 7 7', openFindings: 0 });
      expect(await store.agentById('7')).toEqual((await store.agentsPage({}, 1, '69')).at(0));
      for (const unknown of ['431', '07', 'Agent 7 7', '']) {
        expect(await store.agentById(unknown)).toBeUndefined();
      }
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

    it('gives only the shifts that overlap the range or touch it', async () => {
      const store = open();
      const { from, to } = WINDOW;
      const shifts = [
        shift('ends before', from - 2 * HOUR, from - MARGIN_MS - 1),
        shift('ends at it', from - HOUR, from - MARGIN_MS),
        shift('starts at it', to + MARGIN_MS, to + HOUR),
        shift('starts behind', to + MARGIN_MS + 1, to + HOUR),
      ];
      await store.saveSchedule('a', { version: 1, shifts }, { start: T0 - 9 * HOUR, end: T0 + 9 * HOUR }, T0);
      const known = (await evidenceOf(store, 'a')).shifts;
      expect(known?.shifts.map(({ id }) => id)).toEqual(['ends at it', 'starts at it']);
    });
  });
}
