import { describe, expect, it } from 'vitest';
import type { DiagnosisStore, RosterAgent, Store } from '../../src/usecases/ports.ts';
import { RULE, T0, transition } from './store-fixtures.ts';

const ENTRY = { type: 'Busy', name: 'Wrap Up', at: T0 - 5_000 };

function listed(userId: string): RosterAgent {
  const blank = { name: undefined, team: undefined, timeZone: undefined };
  return { userId, agentId: `agt-${userId}`, username: `${userId}@x`, ...blank };
}

async function roster(store: Store, userIds: readonly string[], at: number): Promise<void> {
  await store.saveRosterPage(userIds.map(listed), at);
  await store.closeRoster(at);
}

export function statesListContract(open: () => Store & DiagnosisStore): void {
  describe("what is remembered of the list of agents' states", () => {
    it('is nothing at first, then what it showed of those who were read', async () => {
      const store = open();
      expect(await store.lastStatesList()).toBeUndefined();
      await roster(store, ['a', 'b', 'c'], T0);
      await store.saveStatesList({ at: T0, agents: 2 }, [
        { userId: 'a', entry: ENTRY, readAt: T0 + 1 },
        { userId: 'b', entry: undefined, readAt: T0 + 2 },
        { userId: 'c', entry: ENTRY, readAt: undefined },
      ]);
      expect(await store.lastStatesList()).toEqual({ at: T0, agents: 2 });
      expect(await store.listMembers()).toEqual([
        { userId: 'a', agentId: 'agt-a', before: { entry: ENTRY, readAt: T0 + 1 } },
        { userId: 'b', agentId: 'agt-b', before: { entry: undefined, readAt: T0 + 2 } },
        { userId: 'c', agentId: 'agt-c', before: undefined },
      ]);
    });

    it('is replaced by what the next one showed, forgotten of whom could not be read, and kept of the others', async () => {
      const store = open();
      await roster(store, ['a', 'b', 'c'], T0);
      const read = ['a', 'b', 'c'].map((userId) => ({ userId, entry: ENTRY, readAt: T0 }));
      await store.saveStatesList({ at: T0, agents: 3 }, read);
      const later = { ...ENTRY, at: T0 + 7 };
      await store.saveStatesList({ at: T0 + 9, agents: 1 }, [
        { userId: 'a', entry: later, readAt: T0 + 10 },
        { userId: 'b', entry: later, readAt: undefined },
      ]);
      expect(await store.lastStatesList()).toEqual({ at: T0 + 9, agents: 1 });
      expect((await store.listMembers()).map(({ before }) => before)).toEqual([
        { entry: later, readAt: T0 + 10 },
        undefined,
        { entry: ENTRY, readAt: T0 },
      ]);
    });

    it('is of those whom the roster lists, and of everybody until one was read', async () => {
      const store = open();
      await store.recordTransitions([transition('log', 'x', T0)], RULE);
      expect(await store.listMembers()).toEqual([{ userId: 'log', agentId: undefined, before: undefined }]);
      await roster(store, ['a', 'b'], T0);
      await roster(store, ['b'], T0 + 1);
      expect((await store.listMembers()).map(({ userId }) => userId)).toEqual(['b']);
    });

    it('is no part of the log', async () => {
      const store = open();
      await roster(store, ['a'], T0);
      await store.saveStatesList({ at: T0, agents: 1 }, [{ userId: 'a', entry: ENTRY, readAt: T0 }]);
      const [agent] = await store.listAgents({ limit: 1 });
      expect(agent!.firstTransitionAt).toBeUndefined();
    });
  });

  describe('what is known of somebody', () => {
    it('is found by the user id, the agent id or the username, and says which is which', async () => {
      const store = open();
      await roster(store, ['a', 'b'], T0);
      await store.recordTransitions([transition('a', 'x', T0), transition('a', 'y', T0 + 5)], RULE);
      const known = {
        userId: 'a',
        agentId: 'agt-a',
        username: 'a@x',
        inRoster: true,
        retiredAt: undefined,
        watermark: undefined,
        openFindings: 0,
        lastTransition: { state: 'y', at: T0 + 5, seenUntil: undefined },
      };
      for (const id of ['a', 'agt-a', 'A@X']) expect(await store.knownAgents(id), id).toEqual([known]);
      expect(await store.knownAgents('nobody')).toEqual([]);
      expect(await store.knownAgents('b')).toMatchObject([{ userId: 'b', lastTransition: undefined }]);
    });
  });
}
