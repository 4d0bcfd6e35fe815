import { describe, expect, it } from 'vitest';
import { OVERRIDE_STATES, OVERRIDE_STEPS, type OverrideState } from '../../src/domain/override.ts';
import type { ControlStore, OverrideStep } from '../../src/usecases/control-port.ts';
import { change, contract, escalate, eventsOf, override, told } from './control-fixtures.ts';
import { T0 } from './store-fixtures.ts';

const NEW = told('override_requested');
const DECIDED = { decidedBy: 'berta', decidedAt: T0 + 5 };

function stepTo(status: OverrideState): OverrideStep {
  if (status === 'executing') return { status, ...DECIDED, acknowledged: ['s1'], owner: 'worker 1' };
  if (status === 'denied') return { status, ...DECIDED };
  return status === 'executed' ? { status, updatedAt: T0 + 9 } : { status };
}

const WAYS: Readonly<Record<OverrideState, readonly OverrideState[]>> = {
  requested: [],
  executing: ['executing'],
  executed: ['executing', 'executed'],
  unknown: ['executing', 'unknown'],
  failed: ['executing', 'failed'],
  denied: ['denied'],
  expired: ['expired'],
};

export function overrideContract(open: () => ControlStore): void {
  async function bring(store: ControlStore, id: string, status: OverrideState): Promise<void> {
    await store.addOverride(override(id), NEW);
    let from: OverrideState = 'requested';
    for (const to of WAYS[status]) {
      expect(await store.stepOverride(id, from, stepTo(to), told('before'))).toBe(true);
      from = to;
    }
  }

  /** A store with the override o1 in this state. */
  async function standing(status: OverrideState): Promise<ControlStore> {
    const store = open();
    await bring(store, 'o1', status);
    return store;
  }

  describe('an override', () => {
    it('is kept as it was asked for, begins requested, and is there once', async () => {
      const store = await standing('requested');
      expect(await store.readOverride('o1')).toEqual(override('o1'));
      expect(await store.readOverride('o2')).toBeUndefined();
      await expect(store.addOverride(override('o1'), NEW)).rejects.toThrow(/UNIQUE/);
      const other = store.addOverride(override('o2', { status: 'expired' }), NEW);
      await expect(other).rejects.toThrow('does not begin requested');
      expect(await eventsOf(store)).toEqual(['override_requested']);
    });

    it('keeps who decided, which sessions they knew of, and what came of it', async () => {
      const store = await standing('executing');
      const executing = override('o1', {
        status: 'executing',
        ...DECIDED,
        acknowledged: ['s1'],
        owner: 'worker 1',
      });
      expect(await store.readOverride('o1')).toEqual(executing);
      await store.stepOverride('o1', 'executing', { status: 'unknown', why: 'no answer' }, told('x'));
      const unknown = { ...executing, status: 'unknown', owner: undefined, why: 'no answer' };
      expect(await store.readOverride('o1')).toEqual(unknown);
      await store.stepOverride('o1', 'unknown', stepTo('executed'), told('x'));
      expect(await store.readOverride('o1')).toEqual({ ...unknown, status: 'executed', updatedAt: T0 + 9 });
    });

    it('goes on only as the table has it', async () => {
      const store = open();
      for (const from of OVERRIDE_STATES) {
        for (const to of OVERRIDE_STATES) {
          const id = `${from} to ${to}`;
          await bring(store, id, from);
          const isThere = OVERRIDE_STEPS[from].includes(to);
          const stepped = store.stepOverride(id, from, stepTo(to), told(id));
          if (isThere) expect(await stepped, id).toBe(true);
          else await expect(stepped, id).rejects.toThrow(`cannot go from ${id}`);
          expect((await store.readOverride(id))?.status, id).toBe(isThere ? to : from);
          expect((await store.auditPage({ event: id }, 9)).length === 1, id).toBe(isThere);
        }
      }
    });

    it('takes no step, and leaves no row, when it has moved on', async () => {
      const store = await standing('denied');
      expect(await store.stepOverride('o1', 'requested', stepTo('executing'), told('late'))).toBe(false);
      expect(await store.stepOverride('o9', 'requested', stepTo('executing'), told('late'))).toBe(false);
      expect(await eventsOf(store)).not.toContain('late');
    });

    it.each<[string, OverrideStep]>([
      ['the person who asked', { ...stepTo('executing'), decidedBy: 'anna' }],
      ['nobody', { status: 'executing', owner: 'worker 1' }],
    ])('is not let happen by %s', async (_, step) => {
      const store = await standing('requested');
      await expect(store.stepOverride('o1', 'requested', step, told('x'))).rejects.toThrow(/CHECK/);
      expect(await store.readOverride('o1')).toMatchObject({ status: 'requested' });
      expect(await eventsOf(store)).not.toContain('x');
    });

    it('may be taken back by the person who asked', async () => {
      const store = await standing('requested');
      const denied: OverrideStep = { status: 'denied', ...DECIDED, decidedBy: 'anna' };
      expect(await store.stepOverride('o1', 'requested', denied, told('override_denied'))).toBe(true);
    });

    it('is listed, the latest first; those that are not settled, the oldest first', async () => {
      const store = await standing('executed');
      for (const id of ['o2', 'o3', 'o4']) await store.addOverride(override(id), NEW);
      await store.stepOverride('o3', 'requested', stepTo('executing'), told('x'));
      const ids = (rows: readonly { overrideId: string }[]) => rows.map(({ overrideId }) => overrideId);
      expect(ids(await store.listOverrides(3))).toEqual(['o4', 'o3', 'o2']);
      expect(ids(await store.unsettledOverrides(9))).toEqual(['o2', 'o3', 'o4']);
      expect(ids(await store.unsettledOverrides(1))).toEqual(['o2']);
    });
  });

  describe('agents whose presence and telephony disagree', () => {
    const seen = { userId: 'a', since: T0, told: false, presence: 'online', telephony: 'offline' };

    it('are kept until they agree, with a row where one is told of', async () => {
      const store = open();
      await store.saveDisagreement('a', seen);
      await store.saveDisagreement('c', { ...seen, userId: 'c' });
      await store.saveDisagreement('b', { ...seen, userId: 'b' });
      expect(await store.readDisagreement('a')).toEqual(seen);
      await store.saveDisagreement('a', { ...seen, told: true }, told('phantom_availability'));
      expect(await store.readDisagreement('a')).toEqual({ ...seen, told: true });
      expect(await store.disagreements(2)).toMatchObject([{ userId: 'a', told: true }, { userId: 'b' }]);
      expect(await store.disagreements(9)).toHaveLength(3);
      await store.saveDisagreement('a', undefined, told('phantom_availability_ended'));
      expect(await store.readDisagreement('a')).toBeUndefined();
      expect(await eventsOf(store)).toEqual(['phantom_availability', 'phantom_availability_ended']);
    });
  });

  describe('the figures', () => {
    it('counts changes of status by their state, as they come and go', async () => {
      const store = open();
      const asked = (id: string, userId: string, requestedAt: number) =>
        store.addChange(change(id, userId, { requestedAt }), true, told('status_requested'));
      await asked('c1', 'a', T0 + 5);
      await asked('c2', 'b', T0 + 3);
      await asked('c3', 'b', T0 + 9);
      const { changes, oldestQueuedAt } = await store.controlFigures();
      expect(changes).toEqual([
        { status: 'queued', count: 2 },
        { status: 'superseded', count: 1 },
      ]);
      expect(oldestQueuedAt).toBe(T0 + 5);
    });

    it('count what is there', async () => {
      const store = open();
      expect(await store.controlFigures()).toEqual({
        changes: [],
        oldestQueuedAt: undefined,
        openContracts: 0,
        overrides: [],
        phantomAgents: 0,
        escalationsWaiting: 0,
      });
      await store.saveDisagreement('a', {
        userId: 'a',
        since: T0,
        told: true,
        presence: 'x',
        telephony: 'y',
      });
      await store.saveDisagreement('b', {
        userId: 'b',
        since: T0,
        told: false,
        presence: 'x',
        telephony: 'y',
      });
      await store.addContract(contract('s1'), NEW);
      await store.addContract(contract('s2'), NEW);
      await store.stepContract('s2', 'sending', { status: 'refused' }, told('x'));
      await escalate(store, { escalationId: 'e', event: 'x', body: '{}' }, NEW);
      for (const id of ['o1', 'o2', 'o3']) await store.addOverride(override(id), NEW);
      await store.stepOverride('o2', 'requested', stepTo('denied'), told('x'));
      expect(await store.controlFigures()).toMatchObject({
        openContracts: 1,
        overrides: [
          { status: 'denied', count: 1 },
          { status: 'requested', count: 2 },
        ],
        phantomAgents: 1,
        escalationsWaiting: 1,
      });
    });
  });
}
