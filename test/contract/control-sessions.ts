import { describe, expect, it } from 'vitest';
import type { ControlStore } from '../../src/usecases/control-port.ts';
import type { EventLogStore } from '../../src/usecases/ports.ts';
import type { WebStore } from '../../src/usecases/web-ports.ts';
import { polled, pushed, session } from './control-fixtures.ts';
import { RULE, T0, transition } from './store-fixtures.ts';

type Registry = ControlStore &
  Pick<WebStore, 'recordSessionEvents'> &
  Pick<EventLogStore, 'recordTransitions'>;

export function registryContract(open: () => Registry): void {
  describe('the registry of sessions', () => {
    it('learns from pushes, in whatever order they come and however often', async () => {
      const store = open();
      const talking = pushed('s1', 'Talking', T0);
      const acw = pushed('s1', ' ACW ', T0 + 60_000, { acwRemainingSeconds: 30 });
      expect(await store.recordSessionEvents([acw, talking])).toEqual({ stored: 2, duplicates: 0 });
      const known = {
        sessionId: 's1',
        userId: 'a',
        state: 'acw',
        mediaType: 'voice',
        direction: undefined,
        skillId: undefined,
        acwRemainingSeconds: 30,
        at: T0 + 60_000,
      };
      expect(await store.knownSession('s1')).toEqual(known);
      expect(await store.recordSessionEvents([acw])).toEqual({ stored: 0, duplicates: 1 });
      const sameEvent = { ...acw, state: 'ended', at: T0 + 90_000 };
      expect(await store.recordSessionEvents([sameEvent])).toEqual({ stored: 0, duplicates: 1 });
      expect(await store.knownSession('s1')).toEqual(known);
      expect(await store.knownSessions('a')).toEqual([known]);
    });

    it('keeps a session that has ended, and shows it only when it is asked for', async () => {
      const store = open();
      await store.recordSessionEvents([pushed('s1', 'ended', T0 + 5), pushed('s1', 'talking', T0)]);
      expect(await store.knownSessions('a')).toEqual([]);
      expect(await store.knownSession('s1')).toMatchObject({ state: 'ended', at: T0 + 5 });
      expect(await store.knownSession('s2')).toBeUndefined();
    });

    it('protects an agent by a state that it has no word for', async () => {
      const store = open();
      await store.recordSessionEvents([pushed('s1', 'transferring', T0)]);
      expect(await store.knownSessions('a')).toMatchObject([{ state: 'unknown' }]);
      expect(await store.agentsWithSessions(9)).toEqual(['a']);
    });

    it('learns from polls of single sessions what pushes do not say', async () => {
      const store = open();
      await store.recordSessionEvents([pushed('s1', 'acw', T0, { acwRemainingSeconds: 90 })]);
      const seen = { ...polled('s1', 'acw', T0 + 5_000), skillId: 'sk', acwRemainingSeconds: 85.5 };
      await store.recordSessions([seen]);
      expect(await store.knownSession('s1')).toEqual({ ...seen, at: T0 });
      await store.recordSessions([polled('s1', 'ended', T0 + 4_000)]);
      expect(await store.knownSession('s1')).toEqual({ ...seen, at: T0 });
      await store.recordSessions([polled('s1', 'ended', T0 + 9_000)]);
      expect(await store.knownSession('s1')).toMatchObject({ state: 'ended', at: T0 + 9_000 });
    });

    it('lists agents with sessions that have not ended, page by page', async () => {
      const store = open();
      for (const userId of ['c', 'a', 'b', 'd']) {
        const state = userId === 'b' ? 'ended' : 'talking';
        await store.recordSessionEvents([
          pushed(`${userId}1`, state, T0, { userId }),
          pushed(`${userId}2`, state, T0, { userId }),
        ]);
      }
      expect(await store.agentsWithSessions(2)).toEqual(['a', 'c']);
      expect(await store.agentsWithSessions(2, 'c')).toEqual(['d']);
    });
  });

  describe('aligning the registry with a poll of all sessions', () => {
    it('takes over what the vendor says, and tells where the two differed', async () => {
      const store = open();
      await store.recordSessionEvents([
        pushed('same', 'talking', T0),
        pushed('moved', 'talking', T0),
        pushed('gone', 'acw', T0),
        pushed('other', 'talking', T0, { userId: 'b' }),
      ]);
      const vendor = [session('same', 'talking'), session('moved', 'acw'), session('new', 'ringing')];
      const differences = await store.alignSessions('a', vendor, T0 + 9_000);
      expect(differences).toHaveLength(3);
      expect(differences).toEqual(
        expect.arrayContaining([
          { sessionId: 'moved', registry: 'talking', vendor: 'acw' },
          { sessionId: 'new', registry: undefined, vendor: 'ringing' },
          { sessionId: 'gone', registry: 'acw', vendor: undefined },
        ]),
      );
      expect(await store.knownSessions('a')).toMatchObject([
        { sessionId: 'moved', state: 'acw', at: T0 + 9_000 },
        { sessionId: 'new', state: 'ringing', at: T0 + 9_000 },
        { sessionId: 'same', state: 'talking', at: T0 },
      ]);
      expect(await store.knownSession('gone')).toMatchObject({ state: 'ended', at: T0 + 9_000 });
      expect(await store.knownSessions('b')).toHaveLength(1);
      expect(await store.alignSessions('a', vendor, T0 + 9_001)).toEqual([]);
    });

    it('leaves alone what was heard of since the poll was sent', async () => {
      const store = open();
      await store.recordSessionEvents([
        pushed('begun', 'ringing', T0, { receivedAt: T0 + 2_000 }),
        pushed('moved', 'acw', T0, { receivedAt: T0 + 2_000 }),
      ]);
      const vendor = [session('moved', 'talking')];
      expect(await store.alignSessions('a', vendor, T0 + 1_999)).toEqual([]);
      expect(await store.knownSessions('a')).toMatchObject([{ state: 'ringing' }, { state: 'acw' }]);
      expect(await store.alignSessions('a', vendor, T0 + 2_000)).toHaveLength(2);
    });

    it('counts a session that went over to another agent as that agent’s', async () => {
      const store = open();
      await store.recordSessionEvents([pushed('s1', 'talking', T0)]);
      const taken = [session('s1', 'talking', { userId: 'b' })];
      expect(await store.alignSessions('b', taken, T0 + 9_000)).toEqual([
        { sessionId: 's1', registry: undefined, vendor: 'talking' },
      ]);
      expect(await store.knownSessions('a')).toEqual([]);
      expect(await store.knownSessions('b')).toHaveLength(1);
    });

    it('finds no difference in a session that has ended for both', async () => {
      const store = open();
      expect(await store.alignSessions('a', [session('s1', 'ended')], T0)).toEqual([]);
      expect(await store.knownSessions('a')).toEqual([]);
    });
  });

  describe('agents whose sessions cannot be read', () => {
    it('are remembered since the first time, until one reading succeeds', async () => {
      const store = open();
      expect(await store.markTrouble('a', undefined)).toBeUndefined();
      expect(await store.markTrouble('b', T0 + 5)).toBeUndefined();
      expect(await store.markTrouble('a', T0)).toBeUndefined();
      expect(await store.markTrouble('a', T0 + 9)).toBe(T0);
      expect(await store.troubledAgents(9)).toEqual(['a', 'b']);
      expect(await store.troubledAgents(1)).toEqual(['a']);
      expect(await store.troubledAgents(9, 'a')).toEqual(['b']);
      expect(await store.markTrouble('a', undefined)).toBe(T0);
      expect(await store.markTrouble('a', undefined)).toBeUndefined();
      expect(await store.troubledAgents(9)).toEqual(['b']);
    });
  });

  describe('what the log says of an agent', () => {
    it('is the latest state, and those after an instant in order', async () => {
      const store = open();
      expect(await store.lastLoggedState('a')).toBeUndefined();
      await store.recordTransitions(
        [
          transition('a', 'Talking', T0 + 2),
          transition('a', 'available', T0),
          transition('a', 'acw', T0 + 4),
          transition('b', 'lunch', T0 + 9),
        ],
        RULE,
      );
      expect(await store.lastLoggedState('a')).toEqual({ state: 'acw', at: T0 + 4 });
      expect(await store.loggedStatesAfter('a', T0, 9)).toEqual([
        { state: 'talking', at: T0 + 2 },
        { state: 'acw', at: T0 + 4 },
      ]);
      expect(await store.loggedStatesAfter('a', T0, 1)).toEqual([{ state: 'talking', at: T0 + 2 }]);
      expect(await store.loggedStatesAfter('nobody', T0, 1)).toEqual([]);
    });

    it('is, of two states of one instant, the one that came later', async () => {
      const store = open();
      await store.recordTransitions([transition('a', 'acw', T0), transition('a', 'busy', T0)], RULE);
      expect(await store.lastLoggedState('a')).toMatchObject({ state: 'busy' });
    });
  });
}
