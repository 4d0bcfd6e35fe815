import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SETTABLE_STATES, type SettableState, type WantedStatus } from '../../src/domain/change.ts';
import { CHANNEL_MATRIX, decideChannels } from '../../src/domain/channels.ts';
import {
  isLive,
  isProtected,
  SESSION_STATES,
  type Session,
  type SessionState,
} from '../../src/domain/session.ts';

const SKILLS = new Map([
  ['sk_voice', 'voice'],
  ['sk_chat', 'webchat'],
  ['sk_mail', 'email'],
]);

function session(sessionId: string, mediaType: string, state: SessionState): Session {
  const unsaid = { direction: undefined, skillId: undefined, acwRemainingSeconds: undefined };
  return { sessionId, userId: 'usr_1', mediaType, state, ...unsaid };
}

/** `voice acw, webchat talking`: the first is session s1, and so on. */
function sessionsOf(text: string): Session[] {
  return text
    .split(', ')
    .filter((one) => one !== '')
    .map((one, index) => {
      const [mediaType = '', state = ''] = one.split(' ');
      return session(`s${index + 1}`, mediaType, state as SessionState);
    });
}

function wants(state: SettableState, groups: Partial<WantedStatus> = {}): WantedStatus {
  return { state, skillGroups: [], routingGroups: [], ...groups };
}

/** `now` with the states of skill groups, or `wait` with the sessions, as one line. */
function decided(text: string, state: SettableState, skills: ReadonlyMap<string, string> = SKILLS): string {
  const decision = decideChannels(sessionsOf(text), wants(state), skills);
  if (decision.when === 'later') return `wait ${decision.waitFor.join(' ')}`;
  const groups = decision.wanted.skillGroups.map((group) => `${group.id}=${group.state}`);
  return ['now', decision.wanted.state, ...groups].join(' ');
}

/** The whole matrix for `busy`, once more and by hand. */
const BUSY: readonly (readonly [string, SessionState, string])[] = [
  ['voice', 'queued', 'wait s1'],
  ['voice', 'ringing', 'wait s1'],
  ['voice', 'talking', 'wait s1'],
  ['voice', 'hold', 'wait s1'],
  ['voice', 'acw', 'now busy sk_voice=acw'],
  ['voice', 'unknown', 'wait s1'],
  ['voice', 'ended', 'now busy'],
  ['webchat', 'queued', 'now busy sk_chat=available'],
  ['webchat', 'ringing', 'now busy sk_chat=available'],
  ['webchat', 'talking', 'now busy sk_chat=available'],
  ['webchat', 'hold', 'now busy sk_chat=available'],
  ['webchat', 'acw', 'now busy sk_chat=acw'],
  ['webchat', 'unknown', 'wait s1'],
  ['webchat', 'ended', 'now busy'],
  ['email', 'talking', 'now busy sk_mail=available'],
  ['email', 'acw', 'now busy sk_mail=acw'],
];

describe('the channel matrix', () => {
  it.each(BUSY)('for busy beside %s %s says: %s', (channel, state, expected) => {
    expect(decided(`${channel} ${state}`, 'busy')).toBe(expected);
  });

  it('has a row in this table for each of its cells', () => {
    const cells = Object.entries(CHANNEL_MATRIX).flatMap(([kind, row]) =>
      Object.keys(row).map((state) => `${kind === 'voice' ? 'voice' : 'webchat'} ${state}`),
    );
    const tried = BUSY.map(([channel, state]) => `${channel} ${state}`);
    expect(cells.filter((cell) => !tried.includes(cell))).toEqual([]);
    expect(cells).toHaveLength(2 * SESSION_STATES.length);
  });

  const whole = SETTABLE_STATES.filter((state) => state !== 'busy');
  const protectedStates = SESSION_STATES.filter((state) => state !== 'ended');
  const waiting = whole.flatMap((wanted) =>
    ['voice', 'webchat', 'email'].flatMap((channel) =>
      protectedStates.map((state) => [wanted, channel, state] as const),
    ),
  );
  it.each(waiting)('for %s beside %s %s waits for the session', (wanted, channel, state) => {
    expect(decided(`${channel} ${state}`, wanted)).toBe('wait s1');
  });

  it.each(SETTABLE_STATES)('lets %s go at once where no session is up', (wanted) => {
    expect(decided('', wanted)).toBe(`now ${wanted}`);
    expect(decided('voice ended, webchat ended', wanted)).toBe(`now ${wanted}`);
  });
});

describe('several channels at once', () => {
  it("hold the document's example: voice in wrap-up and a chat talking make busy, acw and available", () => {
    const decision = decideChannels(sessionsOf('voice acw, webchat talking'), wants('busy'), SKILLS);
    expect(decision).toEqual({
      when: 'now',
      wanted: {
        state: 'busy',
        skillGroups: [
          { id: 'sk_chat', state: 'available' },
          { id: 'sk_voice', state: 'acw' },
        ],
        routingGroups: [],
      },
      beside: ['s1', 's2'],
    });
  });

  it.each([
    ['voice talking, webchat talking', 'wait s1'],
    ['webchat talking, voice ringing, voice hold', 'wait s2 s3'],
    ['webchat talking, webchat acw', 'now busy sk_chat=available'],
    ['webchat acw, webchat acw', 'now busy sk_chat=acw'],
    ['voice acw, webchat talking, email hold', 'now busy sk_chat=available sk_mail=available sk_voice=acw'],
    ['voice ended, webchat talking', 'now busy sk_chat=available'],
    ['Voice acw', 'now busy sk_voice=acw'],
  ])('%s: %s', (sessions, expected) => {
    expect(decided(sessions, 'busy')).toBe(expected);
  });

  it('wait for a session whose channel has no skill group that is known', () => {
    expect(decided('voice acw, sms talking', 'busy')).toBe('wait s2');
    expect(decided('voice acw', 'busy', new Map())).toBe('wait s1');
  });

  it('set every skill group of a channel', () => {
    const skills = new Map([...SKILLS, ['sk_vip', 'Voice']]);
    expect(decided('voice acw', 'busy', skills)).toBe('now busy sk_vip=acw sk_voice=acw');
  });

  it('let skill groups that were named stand as they were named, and add the others', () => {
    const skillGroups = [{ id: 'sk_chat', state: 'busy' }];
    const routingGroups = [{ id: 'rg_1', state: 'available' }];
    const wanted = wants('busy', { skillGroups, routingGroups });
    expect(decideChannels(sessionsOf('voice acw, webchat talking'), wanted, SKILLS)).toMatchObject({
      wanted: { skillGroups: [...skillGroups, { id: 'sk_voice', state: 'acw' }], routingGroups },
    });
  });

  it('say why they wait', () => {
    const why = (text: string, state: SettableState) =>
      decideChannels(sessionsOf(text), wants(state), SKILLS);
    expect(why('webchat acw', 'lunch')).toMatchObject({
      why: 'lunch is a change of the whole agent, which waits until sessions have ended',
    });
    expect(why('voice hold', 'busy')).toMatchObject({
      why: 'a session that is live, or may be, might be cut',
    });
    expect(why('fax acw', 'busy')).toMatchObject({
      why: expect.stringContaining('ADHERENCE_SKILL_CHANNELS'),
    });
  });
});

describe('whatever the sessions', () => {
  const sessions = fc.array(
    fc.record({
      mediaType: fc.constantFrom('voice', 'VOICE ', 'webchat', 'email', 'sms'),
      state: fc.constantFrom(...SESSION_STATES),
    }),
    { maxLength: 6 },
  );
  const any = sessions.map((list) =>
    list.map(({ mediaType, state }, index) => session(`s${index + 1}`, mediaType, state)),
  );
  const state = fc.constantFrom(...SETTABLE_STATES);
  const skills = fc.subarray([...SKILLS]).map((pairs) => new Map(pairs));

  it('nothing is sent while a voice session is live or waits for the agent', () => {
    fc.assert(
      fc.property(any, state, skills, (list, wanted, map) => {
        const isUp = list.some(
          (one) => one.mediaType.trim().toLowerCase() === 'voice' && (isLive(one) || one.state === 'queued'),
        );
        fc.pre(isUp);
        expect(decideChannels(list, wants(wanted), map).when).toBe('later');
      }),
    );
  });

  it('only busy goes beside sessions, and then each channel with one keeps a state of its own', () => {
    fc.assert(
      fc.property(any, state, skills, (list, wanted, map) => {
        const decision = decideChannels(list, wants(wanted), map);
        const open = list.filter(isProtected);
        if (decision.when === 'later' || open.length === 0) return;
        expect(wanted).toBe('busy');
        const channels = new Set(decision.wanted.skillGroups.map(({ id }) => map.get(id)));
        for (const { mediaType } of open) expect(channels).toContain(mediaType.trim().toLowerCase());
      }),
    );
  });

  it('what is waited for are sessions that are up, and at least one of them', () => {
    fc.assert(
      fc.property(any, state, skills, (list, wanted, map) => {
        const decision = decideChannels(list, wants(wanted), map);
        if (decision.when === 'now') return;
        const open = list.filter(isProtected).map(({ sessionId }) => sessionId);
        expect(decision.waitFor.length).toBeGreaterThan(0);
        expect(decision.waitFor.filter((id) => !open.includes(id))).toEqual([]);
      }),
    );
  });

  it('the order in which the vendor lists them does not matter', () => {
    const both = any.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(both, state, skills, ([list, shuffled], wanted, map) => {
        expect(decideChannels(shuffled, wants(wanted), map)).toEqual(
          decideChannels(list, wants(wanted), map),
        );
      }),
    );
  });
});
