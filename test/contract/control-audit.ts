import { describe, expect, it } from 'vitest';
import type { AuditFilter, ControlStore } from '../../src/usecases/control-port.ts';
import { told } from './control-fixtures.ts';
import { T0 } from './store-fixtures.ts';

export function auditContract(open: () => ControlStore): void {
  describe('the audit', () => {
    it('keeps each row as it was told, in order', async () => {
      const store = open();
      const full = told('status_sent', {
        subject: 'c1',
        read: { state: 'talking', sessions: [] },
        sent: { state: 'busy' },
        answer: null,
      });
      const bare = told('started', { userId: undefined });
      await store.recordAudit([full, bare]);
      const [first, second] = await store.auditPage({}, 9);
      expect(first).toEqual({ ...full, sequence: expect.any(Number) });
      expect(second).toEqual({ ...bare, sequence: first!.sequence + 1 });
    });

    it('writes several rows or none', async () => {
      const store = open();
      await expect(store.recordAudit([told('one'), told('')])).rejects.toThrow(/CHECK/);
      expect(await store.auditPage({}, 9)).toEqual([]);
    });

    it('is read page by page, narrowed to a time, an agent and an event', async () => {
      const store = open();
      // The third was written while the clock was an hour behind.
      const times = [T0, T0 + 10, T0 - 3_600_000, T0 + 20, T0 + 30];
      await store.recordAudit(
        times.map((at, index) =>
          told(index % 2 === 0 ? 'even' : 'odd', { at, userId: index < 3 ? 'a' : 'b', why: `${index}` }),
        ),
      );
      const whys = async (filter: AuditFilter, limit = 9, after?: number) =>
        (await store.auditPage(filter, limit, after)).map(({ why }) => why).join('');
      expect(await whys({})).toBe('01234');
      expect(await whys({ from: T0 + 10 })).toBe('134');
      expect(await whys({ to: T0 + 20 })).toBe('012');
      expect(await whys({ from: T0, to: T0 + 21 })).toBe('013');
      expect(await whys({ from: T0 + 31 })).toBe('');
      expect(await whys({ userId: 'a' })).toBe('012');
      expect(await whys({ event: 'odd' })).toBe('13');
      expect(await whys({ event: 'odd', userId: 'b', from: T0 })).toBe('3');
      const [, second] = await store.auditPage({}, 2);
      expect(await whys({}, 2, second!.sequence)).toBe('23');
      expect(await whys({ from: T0 + 20 }, 1, second!.sequence)).toBe('3');
      expect(await whys({ userId: 'b' }, 9, second!.sequence)).toBe('34');
    });
  });
}
