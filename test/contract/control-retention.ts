import { describe, expect, it } from 'vitest';
import { CONTRACT_STATES } from '../../src/domain/acw.ts';
import type { ControlStore } from '../../src/usecases/control-port.ts';
import type { OperatingStore } from '../../src/usecases/ports.ts';
import { change, contract, escalate, eventsOf, override, polled, told } from './control-fixtures.ts';
import { HOUR, MINUTE, T0 } from './store-fixtures.ts';

const LATER = T0 + 1_000 * HOUR;

/** Prunes in small batches to the end. @returns how much was deleted. */
async function prune(store: OperatingStore, events: number, audit: number): Promise<number> {
  let deleted = 0;
  for (;;) {
    const batch = await store.pruneBatch({ events, audit }, 2);
    expect(batch).toBeLessThanOrEqual(2);
    if (batch === 0) return deleted;
    deleted += batch;
  }
}

export function controlRetentionContract(open: () => OperatingStore & ControlStore): void {
  describe('pruning what changing agents’ states left', () => {
    it('keeps whatever is not settled, however old', async () => {
      const store = open();
      await store.addChange(change('queued', 'a'), false, told('x'));
      await store.addChange(change('applying', 'b'), false, told('x'));
      await store.beginChange('applying', 'worker 1', told('x'));
      for (const id of ['sending', 'unknown', 'running']) await store.addContract(contract(id), told('x'));
      await store.stepContract('unknown', 'sending', { status: 'unknown' }, told('x'));
      await store.stepContract('running', 'sending', { status: 'running', endsAt: T0 }, told('x'));
      await escalate(store, { escalationId: 'e', event: 'x', body: '{}' }, told('x'));
      await store.finishEscalation('e', { notBefore: T0 + MINUTE, delivered: false }, undefined);
      await store.addOverride(override('requested'), told('x'));
      await store.recordSessions([polled('open', 'acw', T0)]);
      const rows = (await eventsOf(store)).length;
      expect(await prune(store, LATER, T0)).toBe(0);
      expect(await prune(store, LATER, LATER)).toBe(rows);
      expect(await store.openChanges('a')).toHaveLength(1);
      expect(await store.openChanges('b')).toHaveLength(1);
      expect(await store.openContracts(9)).toHaveLength(3);
      expect(await store.dueEscalations(LATER, 9)).toHaveLength(1);
      expect(await store.unsettledOverrides(9)).toHaveLength(1);
      expect(await store.knownSessions('a')).toHaveLength(1);
    });

    it('deletes what has long been settled, and with the longer retention what tells of it', async () => {
      const store = open();
      for (const id of ['c1', 'c2', 'c3']) await store.addChange(change(id), true, told('x'));
      await store.stepChange('c3', 'queued', { status: 'expired' }, told('x'));
      for (const id of ['s1', 's2', 's3']) await store.addContract(contract(id), told('x'));
      for (const id of ['s1', 's2', 's3']) {
        await store.stepContract(id, 'sending', { status: 'refused' }, told('x'));
      }
      for (const escalationId of ['e1', 'e2', 'e3']) {
        await escalate(store, { escalationId, event: 'x', body: '{}' }, told('x'));
        const end = { notBefore: undefined, delivered: escalationId === 'e1' };
        await store.finishEscalation(escalationId, end, told('x'));
      }
      for (const id of ['o1', 'o2', 'o3']) {
        await store.addOverride(override(id), told('x'));
        await store.stepOverride(id, 'requested', { status: 'expired' }, told('x'));
      }
      const ended = ['s1', 's2', 's3'].map((id) => polled(id, 'ended', T0));
      await store.recordSessions(ended);
      await store.markTrouble('a', T0);
      expect(await prune(store, T0, T0)).toBe(0);
      expect(await prune(store, T0 + 1, T0)).toBe(3 + 3 + 3 + 3 + 1);
      expect(await store.readChange('c3')).toBeUndefined();
      expect((await store.controlFigures()).changes.every(({ count }) => count === 0)).toBe(true);
      expect(await store.readContract('s1')).toBeUndefined();
      expect(await store.knownSession('s1')).toBeUndefined();
      expect(await store.troubledAgents(9)).toEqual([]);
      expect(await store.listOverrides(9)).toHaveLength(3);
      const rows = (await eventsOf(store)).length;
      expect(await prune(store, T0 + 1, T0 + 1)).toBe(3 + rows);
      expect(await store.listOverrides(9)).toEqual([]);
      expect(await eventsOf(store)).toEqual([]);
    });

    it('counts from when a thing was settled, not from when it began', async () => {
      const store = open();
      const settled = told('x', { at: T0 + HOUR });
      await store.addChange(change('c1'), true, told('x'));
      await store.stepChange('c1', 'queued', { status: 'void' }, settled);
      await store.addContract(contract('s1'), told('x'));
      await store.stepContract('s1', 'sending', { status: 'refused' }, settled);
      await store.recordSessions([polled('s1', 'acw', T0), polled('s1', 'ended', T0 + HOUR)]);
      expect(await prune(store, T0 + HOUR, T0)).toBe(0);
      expect(await prune(store, T0 + HOUR + 1, T0)).toBe(3);
    });

    it('knows each state that is the end of a contract', async () => {
      const store = open();
      const isOver = new Set(['fulfilled', 'bypassed', 'refused']);
      for (const status of CONTRACT_STATES) {
        const sending = status === 'sending' ? {} : { owner: undefined };
        await store.addContract(contract(status, { status, endsAt: T0, ...sending }), told('x'));
      }
      await prune(store, LATER, T0);
      for (const status of CONTRACT_STATES) {
        expect((await store.readContract(status)) === undefined, status).toBe(isOver.has(status));
      }
    });
  });
}
