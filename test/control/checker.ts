import type { Change } from '../../src/domain/change.ts';
import type { Instant } from '../../src/domain/instant.ts';
import { isLive } from '../../src/domain/session.ts';
import type { AppliedStatus } from '../../src/simulator/writes.ts';
import { acwKeyOf } from '../../src/usecases/acw-contract.ts';
import { CALM } from '../simulation/network.ts';
import { type ControlWorld, MINUTE_MS, NOW, SECOND_MS, USERS } from './world.ts';

/*
 * What has to hold whatever happens. The judge is the simulated vendor, which knows what truly reached it; nothing
 * here asks the program's own rules.
 */

/** What may not have happened at any moment. */
export async function safetyFaults(world: ControlWorld): Promise<string[]> {
  return [
    ...world.mistakes.map((mistake) => `a process failed: ${String(mistake)}`),
    ...(await forcedFaults(world)),
    ...acwFaults(world),
  ];
}

/** No session is ever cut but by one write of an override that two persons stand for. */
async function forcedFaults({ vendor, store }: ControlWorld): Promise<string[]> {
  const overrides = await store.listOverrides(1_000);
  const faults: string[] = [];
  for (const write of vendor.writes.statuses.filter(({ isForced }) => isForced)) {
    const of = overrides.filter(({ incident }) => write.overrideReason.startsWith(`${incident}: `));
    const [override] = of;
    const isTwofold = override?.decidedBy !== undefined && override.decidedBy !== override.requestedBy;
    if (of.length !== 1 || !isTwofold) faults.push(`forced without two persons: ${JSON.stringify(write)}`);
    const again = vendor.writes.statuses.filter(
      (one) => one.isForced && one.overrideReason === write.overrideReason,
    );
    if (again.length > 1) faults.push(`forced ${again.length} times: ${write.overrideReason}`);
    for (const sessionId of write.dropped) {
      const isKnown = override?.acknowledged.includes(sessionId) === true;
      if (!isKnown && !cameWhileSent(vendor, sessionId, write.receivedAt)) {
        faults.push(`cut unseen: ${sessionId} by ${JSON.stringify(write)}`);
      }
    }
  }
  const forced = vendor.writes.statuses.filter(({ isForced }) => isForced);
  const accounted = new Set(forced.flatMap(({ dropped }) => dropped));
  for (const session of vendor.writes.dropped) {
    if (!accounted.has(session.sessionId)) faults.push(`cut without force: ${JSON.stringify(session)}`);
  }
  return faults;
}

/** What became live after the last reading could not be known to anybody. */
function cameWhileSent(vendor: ControlWorld['vendor'], sessionId: string, receivedAt: number): boolean {
  const first = vendor.script.session(sessionId).phases.find(isLive);
  return first !== undefined && first.at > receivedAt - SECOND_MS;
}

/** A session's after-call work is set once and made longer once, and by nobody else. */
function acwFaults({ vendor, sessions }: ControlWorld): string[] {
  return sessions.flatMap((sessionId) => {
    const keys = vendor.writes.contracts(sessionId).map(({ idempotencyKey }) => idempotencyKey);
    const key = acwKeyOf(sessionId);
    const allowed = [key, `${key}-extension`];
    const isRight = keys.length === new Set(keys).size && keys.every((one) => allowed.includes(one ?? ''));
    return isRight
      ? []
      : [`after-call work of ${sessionId} was set ${keys.length} times: ${keys.join(', ')}`];
  });
}

/** What is pushed late or twice is over by then. */
const LATEST_PUSH_MS = 200 * SECOND_MS;

/** Lets everything come to its end: no more faults, nobody at work, and the jobs on their schedules. */
export async function quieten(world: ControlWorld): Promise<void> {
  const { vendor, sessions, network } = world;
  vendor.faults.clear();
  network.faults = CALM;
  for (const userId of USERS) vendor.script.restoreDesktop(userId);
  for (const id of sessions) if (vendor.script.session(id).state !== 'acw') vendor.script.move(id, 'ended');
  await round(world);
  await world.pass(LATEST_PUSH_MS);
  for (let minutes = 0; minutes < 40; minutes += 1) {
    await round(world);
    if (await isQuiet(world)) return;
    await world.pass(MINUTE_MS);
  }
}

async function round(world: ControlWorld): Promise<void> {
  for (const place of [0, 1]) {
    void world.begin(place, ({ control }) => control.status.round());
    void world.begin(place, ({ control }) => control.watchRound());
  }
  await world.finish();
}

async function isQuiet({ store, vendor, clock }: ControlWorld): Promise<boolean> {
  const changes = await Promise.all(USERS.map((userId) => store.openChanges(userId)));
  const [contracts, overrides] = [await store.openContracts(1), await store.unsettledOverrides(1)];
  const open = USERS.flatMap((userId) =>
    vendor.floor.sessions(vendor.centre.findAgent(userId)!, clock.now()),
  );
  return changes.flat().length + contracts.length + overrides.length + open.length === 0;
}

/** What has to be so once all is quiet. */
export async function quietFaults(world: ControlWorld): Promise<string[]> {
  if (!(await isQuiet(world))) return ['it never comes to an end', ...(await openOnes(world))];
  return [
    ...(await safetyFaults(world)),
    ...(await outcomeFaults(world)),
    ...(await logFaults(world)),
    ...(await auditFaults(world)),
    ...(await registryFaults(world)),
  ];
}

async function openOnes({ store }: ControlWorld): Promise<string[]> {
  const changes = await Promise.all(USERS.map((userId) => store.openChanges(userId)));
  const rest = [...changes.flat(), ...(await store.openContracts(9)), ...(await store.unsettledOverrides(9))];
  return rest.map((one) => JSON.stringify(one));
}

/** An agent may have been in the same state for some days when the world begins. */
const LONGEST_STATE_MS = 5 * 24 * 60 * MINUTE_MS;

const FINAL = ['applied', 'already_applied', 'refused', 'expired', 'void', 'superseded'];

/** Each request that came to be one has one end, and what it says is what the vendor did. */
async function outcomeFaults(world: ControlWorld): Promise<string[]> {
  const { vendor } = world;
  const faults: string[] = [];
  for (const change of await changesOf(world)) {
    const writes = vendor.writes.statuses.filter(({ overrideReason }) => overrideReason === change.reason);
    // Setting what is set already changes nothing that anybody could see.
    const changed = writes.filter((write) => write.isNew && !isBeyondKnowing(world, write, change.updatedAt));
    const isApplied = change.status === 'applied';
    const say = (what: string) =>
      faults.push(`${change.reason} ${what}: ${JSON.stringify({ change, writes })}`);
    if (!FINAL.includes(change.status)) say('has no end');
    if (changed.length > 1) say('was carried out more than once');
    if (isApplied && !hasBecomeSo(world, change)) say('was not applied then');
    if (changed.length > 0 && !isApplied) say('was applied though it says otherwise');
  }
  return faults;
}

/** Of a sending that nobody answered nobody can say more than that the agent came to be as was wanted. */
function hasBecomeSo({ vendor }: ControlWorld, { userId, wanted, updatedAt = 0 }: Change): boolean {
  return vendor.truth(userId, updatedAt, updatedAt + 1).some(({ state }) => state === wanted.state);
}

/**
 * Where the answer was lost, the webhook tells nobody anything, and the agent did something else before the next
 * reading, no program can know that the write took effect.
 */
function isBeyondKnowing(
  { vendor, isTold }: ControlWorld,
  write: AppliedStatus,
  knownAt: Instant | undefined,
): boolean {
  if (isTold || knownAt === write.at) return false;
  return vendor.truth(write.userId, write.at + 1, Number.POSITIVE_INFINITY).length > 0;
}

async function changesOf({ store, asked }: ControlWorld): Promise<readonly Change[]> {
  const rows = await store.auditPage({ event: 'status_requested' }, 1_000);
  const changes = await Promise.all(rows.map(({ subject }) => store.readChange(subject ?? '')));
  const found = changes.filter((change) => change !== undefined);
  if (found.length > asked.length) throw new Error('there are more requests than were made');
  return found;
}

/** Every change that was applied is one row of the event log, at the engine's instant. */
async function logFaults(world: ControlWorld): Promise<string[]> {
  const { vendor, store } = world;
  const [changes, overrides] = [await changesOf(world), await store.listOverrides(1_000)];
  const faults: string[] = [];
  for (const userId of USERS) {
    const logged = await store.loggedStatesAfter(userId, 0, 10_000);
    const truth = vendor.truth(userId, NOW - LONGEST_STATE_MS, Number.POSITIVE_INFINITY);
    for (const { at, state } of logged) {
      if (!truth.some((one) => one.at === at && one.state === state))
        faults.push(`${userId} was never ${state} at ${at}`);
    }
    for (const write of vendor.writes.statuses.filter((one) => one.userId === userId)) {
      const rows = logged.filter(({ at, state }) => at === write.at && state === write.state);
      const cause =
        changes.find(({ reason }) => reason === write.overrideReason) ??
        overrides.find(({ incident }) => write.overrideReason.startsWith(`${incident}: `));
      if (isBeyondKnowing(world, write, cause?.updatedAt)) continue;
      if (rows.length !== 1) faults.push(`${rows.length} rows of ${JSON.stringify(write)}`);
    }
  }
  return faults;
}

/** Whatever left the house was in the audit before. */
async function auditFaults({ store, left }: ControlWorld): Promise<string[]> {
  const rows = await store.auditPage({}, 100_000);
  const sent = rows.filter(({ event }) => event.endsWith('_sent'));
  const writes = left.filter(({ request: { method, path } }) => method !== 'GET' && path.startsWith('/api/'));
  const untold = writes.filter(({ at }) => !sent.some((row) => row.at <= at));
  const faults = untold.map(({ request }) => `${request.method} ${request.path} is not in the audit`);
  return writes.length > sent.length
    ? [...faults, `${writes.length} writes, ${sent.length} in the audit`]
    : faults;
}

/** The registry shows the sessions that are up, as they are. */
async function registryFaults(world: ControlWorld): Promise<string[]> {
  const { vendor, store } = world;
  for (const userId of USERS) {
    world.sessions.push(vendor.script.begin(userId, { mediaType: 'webchat', state: 'talking' }));
    await world.clock.until(world.begin(0, ({ control }) => control.status.look(userId, 'olga')));
  }
  await world.pass(MINUTE_MS);
  await world.finish();
  const shown = await Promise.all(
    USERS.map(async (userId) => {
      const known = (await store.knownSessions(userId)).map(
        ({ sessionId, state }) => `${sessionId} ${state}`,
      );
      const true_ = vendor.floor
        .look(vendor.centre.findAgent(userId)!, world.clock.now())
        .open.map(({ origin, state }) => `${origin.id} ${state}`);
      return [known.sort().join(), true_.sort().join()];
    }),
  );
  return shown.flatMap(([known, actual]) =>
    known === actual ? [] : [`the registry has ${known}, the vendor ${actual}`],
  );
}
