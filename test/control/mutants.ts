import type { Tamper } from '../simulation/process.ts';
import type { Ledger } from './world.ts';

type Parts = Parameters<Tamper>[0];
type Vendor = Parts['vendor'];

/** A program with something wrong in it, and what the checker has to say about it. */
interface Mutant {
  readonly wrong: string;
  readonly says: RegExp;
  readonly tamper: Tamper;
}

export const MUTANTS: readonly Mutant[] = [
  {
    wrong: 'forces what was refused',
    says: /forced without two persons|cut/,
    tamper: withVendor((vendor) => ({
      writeStatus: (userId, write, signal) => vendor.writeStatus(userId, { ...write, force: true }, signal),
    })),
  },
  {
    wrong: 'sends after-call work again when nobody answered',
    says: /was set 2 times/,
    tamper: withVendor((vendor) => ({
      writeAcw: async (...given) => {
        const answer = await vendor.writeAcw(...given);
        return answer.outcome === 'unknown' ? vendor.writeAcw(...given) : answer;
      },
    })),
  },
  {
    wrong: 'takes no answer for a no',
    says: /though it says otherwise|more than once/,
    tamper: withVendor((vendor) => ({
      writeStatus: async (...given) => {
        const answer = await vendor.writeStatus(...given);
        return answer.outcome === 'unknown' ? { outcome: 'refused', reason: answer.reason } : answer;
      },
    })),
  },
  {
    wrong: 'logs changes at the time of its own clock',
    says: /was never|0 rows of|not applied then/,
    tamper: withVendor((vendor) => ({
      writeStatus: async (...given) => {
        const answer = await vendor.writeStatus(...given);
        return answer.outcome === 'applied' ? { ...answer, updatedAt: answer.updatedAt + 2_000 } : answer;
      },
    })),
  },
  {
    wrong: 'forgets to end sessions that a poll does not show',
    says: /the registry has/,
    tamper: withStore((store) => ({
      alignSessions: async (_userId, sessions, at) => {
        await store.recordSessions(sessions.map((session) => ({ ...session, at })));
        return [];
      },
    })),
  },
  {
    wrong: 'does not enter what was applied',
    says: /0 rows of/,
    tamper: withStore((store) => ({
      recordTransitions: async (transitions, rule) =>
        store.recordTransitions(
          transitions.filter(({ source }) => source !== 'status_change'),
          rule,
        ),
      recordObservations: async () => ({ inserted: 0, duplicates: 0, reopened: 0 }) as never,
    })),
  },
];

function withVendor(change: (vendor: Vendor) => Partial<Vendor>): Tamper {
  return ({ store, vendor }) => ({ store, vendor: { ...vendor, ...change(vendor) } });
}

function withStore(change: (store: Ledger) => Partial<Ledger>): Tamper {
  return ({ store, vendor }) => ({ store: { ...store, ...change(store as Ledger) } as Ledger, vendor });
}
