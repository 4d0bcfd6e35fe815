import { describe, expect, it } from 'vitest';
import {
  CONTRACT_STATES,
  CONTRACT_STEPS,
  type ContractState,
  EXTENSION_STATES,
  EXTENSION_STEPS,
  type ExtensionState,
} from '../../src/domain/acw.ts';
import type { ContractStep, ControlStore } from '../../src/usecases/control-port.ts';
import { contract, escalate, eventsOf, running, told } from './control-fixtures.ts';
import { MINUTE, T0 } from './store-fixtures.ts';

const NEW = told('acw_sent', { subject: 's1' });
const ESCALATION = { escalationId: 'e1', event: 'acw_bypassed', body: '{"type":"acw_bypassed"}' };

function stepTo(status: ContractState): ContractStep {
  if (status === 'sending') return { status, owner: 'worker 1', sent: contract('s1').sent! };
  return status === 'running' ? { status, endsAt: T0 + MINUTE } : { status };
}

/** How a contract comes into a state. */
const WAYS: Readonly<Record<ContractState, readonly ContractState[]>> = {
  sending: [],
  unknown: ['unknown'],
  running: ['running'],
  fulfilled: ['running', 'fulfilled'],
  bypassed: ['running', 'bypassed'],
  refused: ['refused'],
};

export function acwContract(open: () => ControlStore): void {
  async function bring(store: ControlStore, sessionId: string, status: ContractState): Promise<void> {
    await store.addContract(contract(sessionId), NEW);
    let from: ContractState = 'sending';
    for (const to of WAYS[status]) {
      expect(await store.stepContract(sessionId, from, stepTo(to), told('before'))).toBe(true);
      from = to;
    }
  }

  /** A store with a contract of the session s1 in this state. */
  async function standing(status: ContractState): Promise<ControlStore> {
    const store = open();
    await bring(store, 's1', status);
    return store;
  }

  describe('a contract', () => {
    it('is kept as it was made, with its row in the audit', async () => {
      const store = open();
      const made = contract('s1', { why: 'no rule' });
      expect(await store.addContract(made, NEW)).toEqual({ contract: made, added: true });
      expect(await store.readContract('s1')).toEqual(made);
      expect(await store.readContract('s2')).toBeUndefined();
      expect(await eventsOf(store)).toEqual(['acw_sent']);
    });

    it('may stand without having been sent, where the vendor’s timer was right by itself', async () => {
      const store = open();
      const made = running('s1', { sent: undefined });
      await store.addContract(made, told('acw_decided'));
      expect(await store.readContract('s1')).toEqual(made);
    });

    it('is the session’s only one: another is answered with the first, and leaves no row', async () => {
      const store = await standing('refused');
      const answer = await store.addContract(contract('s1', { durationSeconds: 5, key: 'k' }), NEW);
      expect(answer).toMatchObject({ added: false, contract: { durationSeconds: 90, status: 'refused' } });
      expect(await eventsOf(store)).toEqual(['acw_sent', 'before']);
    });

    it('is listed until it is at its end, page by page', async () => {
      const store = await standing('fulfilled');
      for (const id of ['s4', 's2', 's3']) await store.addContract(running(id), NEW);
      const ids = async (limit: number, after?: string) =>
        (await store.openContracts(limit, after)).map(({ sessionId }) => sessionId);
      expect(await ids(2)).toEqual(['s2', 's3']);
      expect(await ids(2, 's3')).toEqual(['s4']);
    });
  });

  describe('a step of a contract', () => {
    it('is taken only when the table has it', async () => {
      const store = open();
      for (const from of CONTRACT_STATES) {
        for (const to of CONTRACT_STATES.filter((state) => state !== from)) {
          const id = `${from} to ${to}`;
          await bring(store, id, from);
          const isThere = CONTRACT_STEPS[from].includes(to);
          const stepped = store.stepContract(id, from, stepTo(to), told(id));
          if (isThere) expect(await stepped, id).toBe(true);
          else await expect(stepped, id).rejects.toThrow(`cannot go from ${id}`);
          expect((await store.readContract(id))?.status, id).toBe(isThere ? to : from);
          expect((await store.auditPage({ event: id }, 9)).length === 1, id).toBe(isThere);
        }
      }
    });

    it('is none, and leaves neither row nor escalation, when the contract has moved on', async () => {
      const store = await standing('fulfilled');
      const late = store.stepContract('s1', 'running', { status: 'bypassed' }, told('late'), ESCALATION);
      expect(await late).toBe(false);
      expect(await store.stepContract('s9', 'running', { status: 'bypassed' }, told('late'))).toBe(false);
      expect(await store.readContract('s1')).toMatchObject({ status: 'fulfilled' });
      expect(await eventsOf(store)).not.toContain('late');
      expect(await store.dueEscalations(T0, 9)).toEqual([]);
    });

    it('is never without its row in the audit; what is merely known better may be', async () => {
      const store = await standing('running');
      const stepped = store.stepContract('s1', 'running', { status: 'fulfilled' }, undefined);
      await expect(stepped).rejects.toThrow('without its row in the audit');
      const before = (await store.readContract('s1'))!;
      const better = { status: 'running', endsAt: T0 + 2 * MINUTE } as const;
      expect(await store.stepContract('s1', 'running', better, undefined)).toBe(true);
      expect(await store.readContract('s1')).toEqual({ ...before, endsAt: T0 + 2 * MINUTE });
    });

    it('keeps how the terms were sent, and who sends them only while they are sent', async () => {
      const store = await standing('unknown');
      expect(await store.readContract('s1')).toMatchObject({ owner: undefined, sent: { times: 1 } });
      const sent = { times: 2, at: T0 + 9, timerBefore: undefined };
      const again: ContractStep = { status: 'sending', owner: 'worker 2', sent };
      expect(await store.stepContract('s1', 'unknown', again, told('acw_sent'))).toBe(true);
      expect(await store.readContract('s1')).toMatchObject({ owner: 'worker 2', sent });
      await store.stepContract('s1', 'sending', stepTo('running'), told('acw_answered'));
      expect(await store.readContract('s1')).toMatchObject({ owner: undefined, sent });
    });

    it('to sending says who sends, and is never the third', async () => {
      const store = await standing('unknown');
      const sent = contract('s1').sent!;
      const nobody = store.stepContract('s1', 'unknown', { status: 'sending', sent }, told('x'));
      await expect(nobody).rejects.toThrow(/CHECK/);
      const third: ContractStep = { status: 'sending', owner: 'me', sent: { ...sent, times: 3 } };
      await expect(store.stepContract('s1', 'unknown', third, told('x'))).rejects.toThrow(/CHECK/);
      expect(await eventsOf(store)).not.toContain('x');
    });

    it('to running knows when the timer ends', async () => {
      const store = await standing('sending');
      const stepped = store.stepContract('s1', 'sending', { status: 'running' }, told('x'));
      await expect(stepped).rejects.toThrow(/CHECK/);
    });

    it('may leave an escalation in the outbox, committed with it', async () => {
      const store = await standing('running');
      const entry = told('acw_bypassed', { at: T0 + 7 });
      await store.stepContract('s1', 'running', { status: 'bypassed', why: 'left' }, entry, ESCALATION);
      expect(await store.dueEscalations(T0, 9)).toEqual([{ ...ESCALATION, createdAt: T0 + 7, attempts: 0 }]);
      const silent = store.stepContract('s1', 'bypassed', { status: 'bypassed' }, undefined, ESCALATION);
      await expect(silent).rejects.toThrow('without its row in the audit');
    });
  });

  describe('the extension of a contract', () => {
    const SENT = { times: 1, at: T0 + 5, timerBefore: T0 + MINUTE };
    const BEGUN: ContractStep = {
      status: 'running',
      owner: 'worker 1',
      extension: { seconds: 30, status: 'sending', sent: SENT },
    };

    it('is begun once, whoever asks again', async () => {
      const store = await standing('running');
      expect(await store.stepContract('s1', 'running', BEGUN, told('acw_extended'))).toBe(true);
      expect(await store.readContract('s1')).toMatchObject({
        owner: 'worker 1',
        extension: { seconds: 30, status: 'sending', sent: SENT },
      });
      expect(await store.stepContract('s1', 'running', BEGUN, told('acw_extended'))).toBe(false);
      const done: ContractStep = { status: 'running', extension: { seconds: 30, status: 'applied' } };
      expect(await store.stepContract('s1', 'running', done, told('acw_answered'))).toBe(true);
      expect(await store.readContract('s1')).toMatchObject({
        owner: undefined,
        extension: { seconds: 30, status: 'applied', sent: SENT },
      });
      expect(await store.stepContract('s1', 'running', BEGUN, told('acw_extended'))).toBe(false);
      expect(await eventsOf(store)).toEqual(['acw_sent', 'before', 'acw_extended', 'acw_answered']);
    });

    it('goes on only as the table has it', async () => {
      const store = open();
      const step = (status: ExtensionState): ContractStep => ({
        status: 'running',
        ...(status === 'sending' && { owner: 'worker 1' }),
        extension: { seconds: 30, status },
      });
      for (const from of EXTENSION_STATES) {
        for (const to of EXTENSION_STATES) {
          const id = `${from} to ${to}`;
          await bring(store, id, 'running');
          const way: readonly ExtensionState[] = from === 'none' ? [] : ['sending', from];
          for (const status of new Set(way)) {
            await store.stepContract(id, 'running', step(status), told('before'));
          }
          const isThere = EXTENSION_STEPS[from].includes(to);
          expect(await store.stepContract(id, 'running', step(to), told(id)), id).toBe(isThere);
          expect((await store.readContract(id))?.extension.status, id).toBe(isThere ? to : from);
          expect((await store.auditPage({ event: id }, 9)).length === 1, id).toBe(isThere);
        }
      }
    });

    it('keeps its owner while the contract moves on under it', async () => {
      const store = await standing('running');
      await store.stepContract('s1', 'running', BEGUN, told('acw_extended'));
      await store.stepContract('s1', 'running', { status: 'fulfilled' }, told('acw_fulfilled'));
      expect(await store.readContract('s1')).toMatchObject({ status: 'fulfilled', owner: 'worker 1' });
      const done: ContractStep = { status: 'fulfilled', extension: { seconds: 30, status: 'unknown' } };
      expect(await store.stepContract('s1', 'fulfilled', done, told('acw_answered'))).toBe(true);
      expect(await store.readContract('s1')).toMatchObject({ owner: undefined });
    });

    it('is never without its row in the audit', async () => {
      const store = await standing('running');
      await expect(store.stepContract('s1', 'running', BEGUN, undefined)).rejects.toThrow('its row');
    });
  });

  describe('the outbox of escalations', () => {
    it('gives what is due in order, each with the very bytes, until it was taken or is given up', async () => {
      const store = open();
      const add = (escalationId: string, at: number) =>
        escalate(store, { ...ESCALATION, escalationId }, told('phantom_availability', { at }));
      await add('e1', T0);
      await add('e2', T0 + 1);
      await add('e3', T0 + 2);
      expect(await store.dueEscalations(T0, 2)).toMatchObject([
        { escalationId: 'e1' },
        { escalationId: 'e2' },
      ]);
      const later = { notBefore: T0 + MINUTE, delivered: false };
      await store.finishEscalation('e1', later, undefined);
      expect((await store.dueEscalations(T0, 9)).map(({ escalationId }) => escalationId)).toEqual([
        'e2',
        'e3',
      ]);
      expect(await store.dueEscalations(T0 + MINUTE, 1)).toEqual([
        { ...ESCALATION, escalationId: 'e1', createdAt: T0, attempts: 1 },
      ]);
      const over = { notBefore: undefined, delivered: true };
      await store.finishEscalation('e1', over, told('escalation_delivered'));
      await store.finishEscalation('e2', { ...over, delivered: false }, told('escalation_given_up'));
      await store.finishEscalation('e2', over, told('escalation_delivered'));
      expect(await store.dueEscalations(T0 + MINUTE, 9)).toMatchObject([{ escalationId: 'e3' }]);
      expect((await eventsOf(store)).slice(3)).toEqual(['escalation_delivered', 'escalation_given_up']);
      await expect(store.finishEscalation('e3', over, undefined)).rejects.toThrow('its row');
    });

    it('has each escalation once', async () => {
      const store = open();
      await escalate(store, ESCALATION, told('once'));
      await expect(escalate(store, ESCALATION, told('twice'))).rejects.toThrow(/UNIQUE/);
      expect(await eventsOf(store)).toEqual(['once']);
    });
  });
}
