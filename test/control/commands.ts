import fc from 'fast-check';
import { ACW_TYPES } from '../../src/domain/acw.ts';
import { SETTABLE_STATES } from '../../src/domain/change.ts';
import type { LostDesktop } from '../../src/simulator/desktops.ts';
import type { FaultRule } from '../../src/simulator/faults.ts';
import { type ControlProcess, type ControlWorld, MINUTE_MS, SECOND_MS, USERS } from './world.ts';

/** What is known without asking anybody: how many there are to speak of. */
export interface Model {
  sessions: number;
  overrides: number;
}

interface Said {
  /** What happens, for people. */
  readonly says: string;
  readonly thenMs: number;
  readonly happens: (world: ControlWorld) => unknown;
  readonly needs?: keyof Model;
  readonly brings?: keyof Model;
}

/** One thing that happens, and how long it is until the next one. */
class Happening implements fc.AsyncCommand<Model, ControlWorld> {
  readonly #said: Said;

  constructor(said: Said) {
    this.#said = said;
  }

  check(model: Readonly<Model>): boolean {
    const { needs } = this.#said;
    return needs === undefined || model[needs] > 0;
  }

  async run(model: Model, world: ControlWorld): Promise<void> {
    const { brings, happens, thenMs } = this.#said;
    if (brings !== undefined) model[brings] += 1;
    happens(world);
    await world.pass(thenMs);
  }

  toString(): string {
    return `${this.#said.says}, then ${this.#said.thenMs} ms`;
  }
}

const userId = fc.constantFrom(...USERS);
const place = fc.constantFrom(0, 1);
const nth = fc.nat({ max: 20 });
/** Mostly less than a request takes, so that things come between. */
const thenMs = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 150 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1_000, max: 20_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 30_000, max: 100_000 }) },
);

/** A happening drawn from what it is made of. */
function drawn<T extends object>(
  parts: { [Part in keyof T]: fc.Arbitrary<T[Part]> },
  say: (part: T) => Omit<Said, 'thenMs'>,
): fc.Arbitrary<Happening> {
  return fc
    .tuple(fc.record(parts) as fc.Arbitrary<T>, thenMs)
    .map(([part, ms]) => new Happening({ ...say(part), thenMs: ms }));
}

const comes = drawn(
  {
    userId,
    mediaType: fc.constantFrom('voice', 'webchat', 'email'),
    state: fc.constantFrom('queued', 'ringing', 'talking', 'acw'),
  },
  ({ userId, mediaType, state }) => ({
    says: `a ${mediaType} session of ${userId} is ${state}`,
    happens: ({ vendor, sessions }) => sessions.push(vendor.script.begin(userId, { mediaType, state })),
    brings: 'sessions',
  }),
);

const goesOn = drawn(
  { nth, way: fc.constantFrom('on', 'on', 'hold', 'hang up'), acwSeconds: fc.constantFrom(20, 60, 150) },
  ({ nth, way, acwSeconds }) => ({
    says: `session ${nth} goes ${way} (${acwSeconds} s)`,
    happens: (world) => lead(world, sessionOf(world, nth), way, acwSeconds),
    needs: 'sessions',
  }),
);

const goes = drawn(
  { userId, state: fc.constantFrom('lunch', 'available', 'meeting', 'out', 'in') },
  ({ userId, state }) => ({
    says: `${userId} goes ${state}`,
    happens: ({ vendor: { script } }) => {
      if (state === 'out') script.logOut(userId);
      else if (state === 'in') script.logIn(userId);
      else script.set(userId, state);
    },
  }),
);

const isAsked = drawn(
  {
    place,
    userId,
    state: fc.constantFrom(...SETTABLE_STATES),
    withinMs: fc.constantFrom(5 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS),
    keepOlder: fc.boolean(),
    withPresence: fc.boolean(),
    skillGroups: fc.constantFrom([], [], [{ id: 'sk_other', state: 'busy' }]),
  },
  ({ place, state, skillGroups, ...others }) => ({
    says: `${JSON.stringify({ state, ...others, skillGroups })} is asked of ${place}`,
    happens: (world) => {
      const reason = `ask-${world.asked.length + 1}`;
      world.asked.push(reason);
      const wanted = { state, skillGroups, routingGroups: [] };
      const request = { ...others, wanted, reason, requestedBy: 'olga' };
      void world.begin(place, ({ control }) => control.status.change(request));
    },
  }),
);

const needsAcw = drawn(
  { place, nth, durationSeconds: fc.constantFrom(30, 90), type: fc.constantFrom(...ACW_TYPES) },
  ({ place, nth, ...rest }) => ({
    says: `after-call work ${nth} is to last ${rest.durationSeconds} s (${rest.type}), ${place} is told`,
    happens: (world) => {
      const terms = { ...rest, reasonCode: 'wrap_up' };
      void world.begin(place, ({ control }) => control.startAcw(sessionInAcw(world, nth), terms, 'olga'));
    },
    needs: 'sessions',
  }),
);

const needsMoreAcw = drawn({ place, nth }, ({ place, nth }) => ({
  says: `after-call work ${nth} is to last longer, ${place} is told`,
  happens: (world) =>
    void world.begin(place, ({ control }) => control.extendAcw(sessionInAcw(world, nth), 40, 'olga')),
  needs: 'sessions',
}));

const isToBeForced = drawn(
  { place, userId, state: fc.constantFrom('offline', 'lunch'), person: fc.constantFrom('s1', 's2') },
  ({ place, userId, state, person }) => ({
    says: `${person} asks ${place} to force ${userId} to ${state}`,
    happens: (world) => {
      const incident = `INC-${world.clock.now()}-${userId}-${person}`;
      const request = { userId, state, incident, reason: 'breach' } as const;
      void world.begin(place, ({ control }) => control.requestOverride(request, person));
    },
    brings: 'overrides',
  }),
);

const isApproved = drawn(
  { place, nth, knows: fc.constantFrom('all', 'all', 'too few') },
  ({ place, nth, knows }) => ({
    says: `override ${nth} is approved at ${place} by who knows of ${knows}`,
    happens: (world) => void world.begin(place, (process) => approve(process, world, nth, knows)),
    needs: 'overrides',
  }),
);

const isCarriedOut = drawn({ place }, ({ place }) => ({
  says: `${place} looks at what was put off`,
  happens: (world) => void world.begin(place, ({ control }) => control.status.round()),
}));

const isWatched = drawn({ place }, ({ place }) => ({
  says: `${place} watches after-call work`,
  happens: (world) => void world.begin(place, ({ control }) => control.watchRound()),
}));

const FAULTS: readonly FaultRule['fault'][] = [
  { kind: 'status', status: 503 },
  { kind: 'status', status: 503, takesEffect: true },
  { kind: 'status', status: 401 },
  { kind: 'status', status: 409 },
  { kind: 'status', status: 429, retryAfterSeconds: 2 },
  { kind: 'reset', takesEffect: false },
  { kind: 'reset', takesEffect: true },
  { kind: 'truncated' },
  { kind: 'slow', delayMs: 60_000 },
];
const CALLS = ['PUT status', 'PUT status', 'POST acw', 'GET status', 'GET sessions', 'PUT presence'];

const fails = drawn(
  { fault: fc.constantFrom(...FAULTS), call: fc.constantFrom(...CALLS) },
  ({ fault, call }) => ({
    says: `the next ${call} meets ${JSON.stringify(fault)}`,
    happens: ({ vendor }) => {
      const [method, family] = call.split(' ') as [string, 'status'];
      vendor.faults.switchOn({ fault, families: [family], methods: [method], times: 1 });
    },
  }),
);

const tokensExpire = drawn({}, () => ({
  says: 'all tokens expire',
  happens: ({ vendor }) => vendor.tokens.expireAll(),
}));

const desktopIsLost = drawn(
  {
    userId,
    how: fc.constantFrom<LostDesktop | 'back'>(408, 503, 'reset', 'timeout', 'back', 'back', 'back'),
  },
  ({ userId, how }) => ({
    says: `the desktop of ${userId}: ${how}`,
    happens: ({ vendor: { script } }) =>
      how === 'back' ? script.restoreDesktop(userId) : script.loseDesktop(userId, how),
  }),
);

const dies = drawn({ place, steps: fc.nat({ max: 30 }) }, ({ place, steps }) => ({
  says: `${place} will die in ${steps} steps`,
  happens: (world) => (steps === 0 ? world.kill(place) : world.doom(place, steps)),
}));

/** Calls, chats, agents' own doings, requests of all kinds, faults, deaths; the more often named, the more often. */
export const HAPPENINGS: readonly fc.Arbitrary<Happening>[] = [
  ...[comes, comes, goesOn, goesOn, goesOn, goes],
  ...[isAsked, isAsked, isAsked, isAsked, isCarriedOut, isCarriedOut],
  ...[needsAcw, needsAcw, needsMoreAcw, isWatched],
  ...[isToBeForced, isApproved, isApproved],
  ...[fails, fails, fails, tokensExpire, desktopIsLost, dies, dies],
];

function sessionOf(world: ControlWorld, nth: number): string {
  return world.sessions[nth % world.sessions.length]!;
}

/** One that is in after-call work, while there is one. */
function sessionInAcw(world: ControlWorld, nth: number): string {
  const inAcw = world.sessions.filter((id) => world.vendor.script.session(id).state === 'acw');
  return inAcw.length === 0 ? sessionOf(world, nth) : inAcw[nth % inAcw.length]!;
}

/** The next step of a session, one way or the other. */
function lead({ vendor: { script } }: ControlWorld, id: string, way: string, acwSeconds: number): void {
  const { state } = script.session(id);
  const next = state === 'queued' ? 'ringing' : state === 'ringing' ? 'talking' : undefined;
  if (way === 'hang up' && state !== 'acw') script.move(id, 'ended');
  else if (next !== undefined) script.move(id, next);
  else if (state === 'acw') script.leaveAcw(id);
  else if (way === 'hold') script.move(id, state === 'hold' ? 'talking' : 'hold');
  else script.move(id, 'acw', { acwSeconds });
}

/** One time in five it is the person who asked. */
async function approve(
  { control }: ControlProcess,
  { store, sessions, vendor }: ControlWorld,
  nth: number,
  knows: string,
): Promise<void> {
  const requests = await store.listOverrides(50);
  const request = requests[nth % requests.length];
  if (request === undefined) return;
  const { overrideId, userId, requestedBy } = request;
  const ofAgent = sessions.filter((id) => id.startsWith(`ses_${userId.slice(4)}_`));
  const live = ofAgent.filter((id) => vendor.script.session(id).isLive);
  const other = requestedBy === 's1' ? 's2' : 's1';
  const person = nth % 5 === 0 ? requestedBy : other;
  await control.approveOverride(overrideId, person, knows === 'all' ? live : live.slice(1));
}
