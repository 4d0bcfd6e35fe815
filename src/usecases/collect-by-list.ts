import { type ErrorCode, ProgramError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import { hasShrunk, type ListSeen, mustRead } from '../domain/states-list.ts';
import type { Clock, ListedAgent, ListMember, Observation, StatesListStore, StatesReader } from './ports.ts';

export interface ListDeps {
  readonly store: StatesListStore;
  readonly clock: Clock;
  /** Absent where everybody is to be read one by one whatever the vendor lets us see. */
  readonly list?: ListUse;
}

export interface ListUse {
  readonly reader: StatesReader;
  /** As far as a transition and its image in the report may lie apart. */
  readonly pairingToleranceMs: number;
  /** How long the report is left to settle: time is judged no sooner. */
  readonly marginMs: number;
}

/** How the list of agents' states was used by a poll; adds to surface.md, JSON documents, `collect`. */
export interface ListReport {
  /** Whether those whom the list showed unchanged were let be. */
  used: boolean;
  /** How many were read one by one. */
  read: number;
  /** How many agents it showed, where it could be read. */
  readonly listed?: number;
  /** How many the list before showed, where more than half of them have gone at once. */
  readonly shrankFrom?: number;
  readonly failure?: { readonly code: ErrorCode; readonly message: string };
}

/** What the list says about a poll. Without one everybody is read one by one. */
export interface ListPlan {
  readonly report: ListReport;
  /** Whom to read; `undefined`: everybody. */
  readonly toRead: readonly string[] | undefined;
  /** How many are let be. */
  readonly spared: number;
  /** Remembers what the list showed of those who were read. Nothing is remembered of one who could not be. */
  remember(observations: ReadonlyMap<string, Observation>): Promise<void>;
}

/** Reread before the margin has passed, so that time is confirmed when it is judged (README, decisions). */
const REREAD_SHARE = 0.8;

/** @returns `undefined` where the token that reads states acts for nobody, so that there is no list to ask for. */
export async function planByList(deps: ListDeps, signal: AbortSignal): Promise<ListPlan | undefined> {
  const { list, store, clock } = deps;
  try {
    if (list === undefined || !list.reader.hasUserContext()) return undefined;
    const at = clock.now();
    return await planOf(list, store, await list.reader.allAgentStates(signal), at);
  } catch (error) {
    if (signal.aborted || !(error instanceof ProgramError)) throw error;
    return withoutList({ code: error.code, message: error.message });
  }
}

function withoutList(failure: NonNullable<ListReport['failure']>): ListPlan {
  return {
    report: { used: false, read: 0, failure },
    toRead: undefined,
    spared: 0,
    remember: async () => undefined,
  };
}

async function planOf(
  { pairingToleranceMs, marginMs }: ListUse,
  store: StatesListStore,
  listed: readonly ListedAgent[],
  at: Instant,
): Promise<ListPlan> {
  const current = new Map(
    listed.flatMap((one) => (one.current ? [[one.agentId, one.current] as const] : [])),
  );
  const list: ListSeen = { at, agents: current.size };
  const before = await store.lastStatesList();
  const shrank = hasShrunk(before, list);
  const members = await store.listMembers();
  const entryOf = ({ agentId }: ListMember) => (agentId === undefined ? undefined : current.get(agentId));
  const rule = { at, settleMs: pairingToleranceMs, rereadMs: marginMs * REREAD_SHARE };
  const read = members.filter((member) => shrank || mustRead(entryOf(member), member.before, rule));
  return {
    report: {
      used: !shrank,
      read: 0,
      listed: list.agents,
      ...(shrank && { shrankFrom: before?.agents ?? 0 }),
    },
    toRead: read.map(({ userId }) => userId),
    spared: members.length - read.length,
    remember: (observations) =>
      store.saveStatesList(
        list,
        read.map((member) => {
          const seen = observations.get(member.userId);
          // Who is absent may come back without the list showing it.
          const readAt = seen?.status === undefined ? undefined : seen.observedAt;
          return { userId: member.userId, entry: entryOf(member), readAt };
        }),
      ),
  };
}
