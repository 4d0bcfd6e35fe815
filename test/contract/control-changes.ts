import { describe, expect, it } from 'vitest';
import { CHANGE_STATES, CHANGE_STEPS } from '../../src/domain/change.ts';
import type { ChangeStep, ControlStore } from '../../src/usecases/control-port.ts';
import { change, eventsOf, told } from './control-fixtures.ts';
import { MINUTE, T0 } from './store-fixtures.ts';

/** What a change must have by the time it is in this state. */
function stepTo(status: ChangeStep['status']): ChangeStep {
  return status === 'applied' ? { status, updatedAt: T0 } : { status };
}

export function changeContract(open: () => ControlStore): void {
  /** A store with queued changes of one agent. */
  async function queue(...ids: string[]): Promise<ControlStore> {
    const store = open();
    for (const id of ids) await store.addChange(change(id), false, told('status_requested'));
    return store;
  }

  const begin = (store: ControlStore, id: string, at = T0) =>
    store.beginChange(id, 'worker 1', told('status_sent', { at, subject: id }));

  /** Brings a queued change into a state; one that is queued has been sent by then, as has to be to turn out applied. */
  async function bring(store: ControlStore, id: string, status: ChangeStep['status']): Promise<void> {
    await begin(store, id);
    if (status === 'applying') return;
    const first = CHANGE_STEPS.applying.includes(status) ? status : 'queued';
    await store.stepChange(id, 'applying', stepTo(first), told('before'));
    if (first !== status) await store.stepChange(id, 'queued', stepTo(status), told('before'));
  }

  describe('a change that is asked for', () => {
    it('is kept as it was asked for, with its row in the audit', async () => {
      const store = open();
      const asked = change('c1', 'a', {
        baseline: { state: 'talking', updatedAt: T0 - 5 },
        waitingFor: ['s1', 's2'],
        why: 'in a call',
      });
      await store.addChange(asked, true, told('status_requested'));
      expect(await store.readChange('c1')).toEqual(asked);
      expect(await store.readChange('c2')).toBeUndefined();
      expect(await eventsOf(store)).toEqual(['status_requested']);
    });

    it('begins queued, and only once', async () => {
      const store = await queue('c1');
      const again = store.addChange(change('c1'), true, told('again'));
      await expect(again).rejects.toThrow(/UNIQUE/);
      const other = store.addChange(change('c2', 'a', { status: 'void' }), true, told('again'));
      await expect(other).rejects.toThrow('does not begin queued');
      expect(await store.readChange('c1')).toMatchObject({ status: 'queued' });
      expect(await eventsOf(store)).toEqual(['status_requested']);
    });

    it('supersedes what the agent has queued, and tells of each; not what is being applied', async () => {
      const store = await queue('c1', 'c2', 'c3');
      await store.addChange(change('d1', 'b'), false, told('status_requested'));
      await begin(store, 'c1');
      await store.addChange(change('c4'), true, told('status_requested', { at: T0 + 1 }));
      expect(await store.readChange('c1')).toMatchObject({ status: 'applying' });
      expect(await store.readChange('c3')).toMatchObject({ status: 'superseded', why: 'superseded by c4' });
      expect(await store.readChange('d1')).toMatchObject({ status: 'queued' });
      expect(await store.auditPage({ event: 'status_superseded' }, 9)).toMatchObject([
        { subject: 'c2', at: T0 + 1, actor: 'anna', userId: 'a', why: 'superseded by c4' },
        { subject: 'c3' },
      ]);
    });

    it('overtakes what is being sent or unanswered: it goes first until it is settled, and is begun no more', async () => {
      const store = await queue('c1');
      await begin(store, 'c1');
      const newer = { at: T0 + 1, subject: 'c2' };
      await store.addChange(change('c2'), true, told('status_requested', newer));
      expect(await store.readChange('c1')).toMatchObject({ status: 'applying', supersededBy: 'c2' });
      await store.stepChange('c1', 'applying', { status: 'queued' }, told('status_answered'));
      expect(await store.nextChange('a')).toMatchObject({ changeId: 'c1', supersededBy: 'c2' });
      expect(await store.beginChange('c1', 'me', told('status_sent'))).toBe(false);
      await store.addChange(change('c3'), true, told('status_requested', { at: T0 + 2 }));
      expect(await store.readChange('c1')).toMatchObject({ status: 'queued', supersededBy: 'c2' });
      expect(await store.readChange('c2')).toMatchObject({ status: 'superseded' });
      expect(
        await store.stepChange('c1', 'queued', { status: 'superseded' }, told('status_superseded')),
      ).toBe(true);
      expect(await store.nextChange('a')).toMatchObject({ changeId: 'c3', supersededBy: undefined });
    });

    it('lets older ones stand when told to', async () => {
      const store = await queue('c1', 'c2');
      expect((await store.openChanges('a')).map(({ changeId }) => changeId)).toEqual(['c1', 'c2']);
    });
  });

  describe('the queues', () => {
    it('give the first of each agent in the order in which they were asked for, page by page', async () => {
      const store = await queue('c1', 'c2');
      for (const user of ['b', 'z', 'd']) {
        await store.addChange(change(`${user}1`, user), false, told('status_requested'));
        await store.addChange(change(`${user}2`, user), false, told('status_requested'));
      }
      const ids = async (limit: number, after?: string) =>
        (await store.dueChanges(limit, after)).map(({ changeId }) => changeId);
      expect(await ids(9)).toEqual(['c1', 'b1', 'z1', 'd1']);
      expect(await ids(2)).toEqual(['c1', 'b1']);
      expect(await ids(2, 'b1')).toEqual(['z1', 'd1']);
      expect(await ids(2, 'd1')).toEqual([]);
    });

    it('give nothing of an agent of whom one is under way', async () => {
      const store = await queue('c1', 'c2');
      await begin(store, 'c1');
      expect(await store.dueChanges(9)).toEqual([]);
      expect(await store.nextChange('a')).toBeUndefined();
      await store.stepChange('c1', 'applying', { status: 'refused' }, told('status_answered'));
      expect(await store.nextChange('a')).toMatchObject({ changeId: 'c2' });
      expect(await store.nextChange('b')).toBeUndefined();
    });

    it('show what is queued or under way of an agent', async () => {
      const store = await queue('c1', 'c2', 'c3');
      await store.stepChange('c2', 'queued', { status: 'void' }, told('status_void'));
      await begin(store, 'c1');
      expect(await store.openChanges('a')).toMatchObject([
        { changeId: 'c1', status: 'applying' },
        { changeId: 'c3', status: 'queued' },
      ]);
    });
  });

  describe('beginning a change', () => {
    it('is committed with its row before anything leaves, and counts as a sending nobody has answered', async () => {
      const store = await queue('c1');
      expect(await begin(store, 'c1', T0 + 5)).toBe(true);
      expect(await store.readChange('c1')).toMatchObject({
        status: 'applying',
        sendings: 1,
        unansweredAt: T0 + 5,
      });
      expect(await eventsOf(store)).toEqual(['status_requested', 'status_sent']);
    });

    it('is for the agent’s first, for one at a time, for what is queued; otherwise nothing is written', async () => {
      const store = await queue('c1', 'c2');
      expect(await begin(store, 'c2')).toBe(false);
      expect(await begin(store, 'c9')).toBe(false);
      expect(await begin(store, 'c1')).toBe(true);
      expect(await begin(store, 'c1')).toBe(false);
      expect(await begin(store, 'c2')).toBe(false);
      await store.stepChange('c1', 'applying', { status: 'applied', updatedAt: T0 }, told('status_answered'));
      expect(await begin(store, 'c1')).toBe(false);
      expect((await eventsOf(store)).filter((event) => event === 'status_sent')).toHaveLength(1);
      expect(await begin(store, 'c2')).toBe(true);
    });

    it('counts each sending', async () => {
      const store = await queue('c1');
      await begin(store, 'c1', T0);
      await store.stepChange('c1', 'applying', { status: 'queued', answered: true }, told('status_answered'));
      expect(await store.readChange('c1')).toMatchObject({ sendings: 1, unansweredAt: undefined });
      await begin(store, 'c1', T0 + 9);
      await store.stepChange('c1', 'applying', { status: 'queued' }, told('status_answered'));
      expect(await store.readChange('c1')).toMatchObject({ sendings: 2, unansweredAt: T0 + 9 });
    });
  });

  describe('a step of a change', () => {
    it('is taken only when the table has it', async () => {
      const store = open();
      for (const from of CHANGE_STATES) {
        for (const to of CHANGE_STATES) {
          const id = `${from} to ${to}`;
          await store.addChange(change(id, id), false, told('status_requested'));
          await bring(store, id, from);
          const isThere = CHANGE_STEPS[from].includes(to) && to !== 'applying';
          const stepped = store.stepChange(id, from, stepTo(to), told(id));
          if (isThere || (from === 'queued' && to === 'queued')) expect(await stepped, id).toBe(true);
          else await expect(stepped, id).rejects.toThrow(`cannot go from ${id}`);
          expect((await store.readChange(id))?.status, id).toBe(isThere ? to : from);
          expect((await store.auditPage({ event: id }, 9)).length === 1, id).toBe(
            isThere || (from === 'queued' && to === 'queued'),
          );
        }
      }
    });

    it('changes what is given and nothing else', async () => {
      const store = await queue('c1');
      const baseline = { state: 'talking', updatedAt: T0 - 1 };
      const waiting: ChangeStep = { status: 'queued', waitingFor: ['s1'], baseline, why: 'in a call' };
      expect(await store.stepChange('c1', 'queued', waiting, told('status_queued'))).toBe(true);
      expect(await store.stepChange('c1', 'queued', { status: 'queued', waitingFor: [] }, undefined)).toBe(
        true,
      );
      expect(await store.readChange('c1')).toEqual(change('c1', 'a', { baseline, why: 'in a call' }));
      expect(await eventsOf(store)).toEqual(['status_requested', 'status_queued']);
    });

    it('is none, and leaves no row, when the change has moved on', async () => {
      const store = await queue('c1');
      await store.stepChange('c1', 'queued', { status: 'void', why: 'logged out' }, told('status_void'));
      const late = { status: 'expired', why: 'late' } as const;
      expect(await store.stepChange('c1', 'queued', late, told('status_expired'))).toBe(false);
      expect(await store.stepChange('c9', 'queued', late, told('status_expired'))).toBe(false);
      expect(await store.readChange('c1')).toMatchObject({ status: 'void', why: 'logged out' });
      expect(await eventsOf(store)).toEqual(['status_requested', 'status_void']);
    });

    it('is never without its row in the audit', async () => {
      const store = await queue('c1');
      const stepped = store.stepChange('c1', 'queued', { status: 'void' }, undefined);
      await expect(stepped).rejects.toThrow('without its row in the audit');
    });

    it('to applied has the engine’s instant, and was sent', async () => {
      const store = await queue('c1');
      const applied = { status: 'applied', updatedAt: T0 } as const;
      await expect(store.stepChange('c1', 'queued', applied, told('x'))).rejects.toThrow(/CHECK/);
      await begin(store, 'c1');
      const without = store.stepChange('c1', 'applying', { status: 'applied' }, told('x'));
      await expect(without).rejects.toThrow(/CHECK/);
      expect(await eventsOf(store)).not.toContain('x');
    });

    it('to applied is what the agent’s queued changes are meant for from then on', async () => {
      const store = await queue('c1', 'c2');
      await store.addChange(change('d1', 'b'), false, told('status_requested'));
      await begin(store, 'c1');
      await store.stepChange(
        'c1',
        'applying',
        { status: 'applied', updatedAt: T0 + 7 },
        told('status_answered'),
      );
      expect(await store.readChange('c1')).toMatchObject({ updatedAt: T0 + 7, unansweredAt: undefined });
      expect(await store.readChange('c2')).toMatchObject({
        baseline: { state: 'lunch', updatedAt: T0 + 7 },
      });
      expect(await store.readChange('d1')).toMatchObject({ baseline: undefined });
    });
  });

  describe('a change whose process is gone', () => {
    it('is queued again, to be decided afresh, with a row that says so', async () => {
      const store = await queue('c1');
      await store.addChange(change('d1', 'b'), false, told('status_requested'));
      await begin(store, 'c1', T0);
      await store.beginChange('d1', 'worker 2', told('status_sent', { at: T0 }));
      expect(await store.requeueOrphans((owner) => owner === 'worker 1', T0 + MINUTE)).toBe(1);
      expect(await store.readChange('c1')).toMatchObject({ status: 'queued', sendings: 1, unansweredAt: T0 });
      expect(await store.readChange('d1')).toMatchObject({ status: 'applying' });
      expect(await store.auditPage({ event: 'status_queued' }, 9)).toMatchObject([
        { subject: 'c1', userId: 'a', at: T0 + MINUTE, actor: 'deferred' },
      ]);
      expect(await store.requeueOrphans((owner) => owner === 'worker 1', T0 + MINUTE)).toBe(0);
      expect(await begin(store, 'c1')).toBe(true);
    });

    it('is told by the time that has passed where the owner cannot be asked', async () => {
      const store = await queue('c1');
      await begin(store, 'c1', T0);
      expect(await store.requeueOrphans(() => false, T0 + 10 * MINUTE)).toBe(0);
      expect(await store.requeueOrphans(() => false, T0 + 10 * MINUTE + 1)).toBe(1);
    });
  });
}
