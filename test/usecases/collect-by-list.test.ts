import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openStore } from '../../src/store/sqlite/store.ts';
import { collectStatus } from '../../src/usecases/collect-status.ts';
import type { RosterAgent, StatesReader, Vendor } from '../../src/usecases/ports.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const T0 = Date.UTC(2026, 2, 2, 9);
const POLL_MS = 60_000;
const POLLS = 30;
const STATES = ['available', 'ringing', 'talking', 'acw', 'offline'] as const;
type State = (typeof STATES)[number];

interface Turn {
  readonly at: number;
  readonly state: State;
}

/** What truly happened to one agent: a state, held for a while, and the next. */
const history = fc
  .array(fc.record({ state: fc.constantFrom(...STATES), heldMs: fc.integer({ min: 1_000, max: 600_000 }) }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((steps) => {
    let at = T0 - 300_000;
    return steps.map(({ state, heldMs }): Turn => {
      const turn = { at, state };
      at += heldMs;
      return turn;
    });
  });

function turnAt(turns: readonly Turn[], at: number): Turn {
  return turns.findLast((turn) => turn.at <= at) ?? turns[0]!;
}

/** As coarse a list as there could be: whoever is in a call or after it is Busy since it began, and offline is not listed. */
function coarseEntry(turns: readonly Turn[], at: number) {
  const isBusy = ({ state }: Turn) => state === 'ringing' || state === 'talking' || state === 'acw';
  let index = turns.indexOf(turnAt(turns, at));
  const current = turns[index]!;
  if (current.state === 'offline') return undefined;
  while (isBusy(current) && index > 0 && isBusy(turns[index - 1]!)) index -= 1;
  const type = isBusy(current) ? 'Busy' : 'Available';
  return { type, name: type, at: turns[index]!.at };
}

/** The agents of a vendor whose list is coarse, and answers from a cache of that age. */
function vendorOf(histories: readonly (readonly Turn[])[], clock: VirtualClock, staleMs: number) {
  const reads: string[] = [];
  const blank = { name: undefined, team: undefined, timeZone: undefined };
  const roster = histories.map(
    (_, i): RosterAgent => ({ userId: `u${i}`, agentId: `a${i}`, username: `n${i}`, ...blank }),
  );
  const states: StatesReader = {
    hasUserContext: () => true,
    agentStates: async () => undefined,
    allAgentStates: async () =>
      histories.flatMap((turns, i) => {
        const current = coarseEntry(turns, clock.now() - staleMs);
        return current === undefined ? [] : [{ agentId: `a${i}`, current }];
      }),
  };
  const vendor = {
    roster: async function* () {
      yield roster;
    },
    agentStatus: async (userId: string) => {
      reads.push(userId);
      const { state, at } = turnAt(histories[Number(userId.slice(1))]!, clock.now());
      return { state, updatedAt: at };
    },
  } as unknown as Vendor;
  return { vendor, states, reads };
}

it('knows of no state for longer than it was held, however coarse and stale the list is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(history, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(0, 30_000, 90_000),
      async (histories, staleMs) => {
        const store = openStore({ path: ':memory:' });
        const clock = new VirtualClock(T0);
        const { vendor, states, reads } = vendorOf(histories, clock, staleMs);
        const list = { reader: states, pairingToleranceMs: 60_000, marginMs: 300_000 };
        const reopenRule = () => ({ marginMs: 300_000, closedBefore: 0 });
        const deps = { store, vendor, clock, list, maxConcurrency: 4, reopenRule };
        for (let poll = 0; poll < POLLS; poll += 1) {
          const report = await collectStatus(deps, new AbortController().signal);
          expect(report).toMatchObject({ agents: histories.length, failed: 0, list: { used: true } });
          for (const [i, turns] of histories.entries()) {
            const [known] = await store.knownAgents(`u${i}`);
            const { state, at, seenUntil } = known!.lastTransition!;
            const held = turnAt(turns, at);
            const next =
              turns.find((turn) => turn.at > at && turn.state !== state)?.at ?? Number.POSITIVE_INFINITY;
            expect(held.state).toBe(state);
            expect(seenUntil).toBeLessThanOrEqual(next);
          }
          await clock.sleep(POLL_MS);
        }
        await store.close();
        // Whoever stays where the list can see it is spared most of the readings.
        const stays = histories.flatMap((turns, i) =>
          turns.length === 1 && turns[0]!.state !== 'offline' ? [`u${i}`] : [],
        );
        for (const userId of stays)
          expect(reads.filter((id) => id === userId).length).toBeLessThan(POLLS / 3);
      },
    ),
    { numRuns: 60 },
  );
});
