import type { GroupState, WantedStatus } from './change.ts';
import { isProtected, type Session, type SessionState } from './session.ts';
import { compareCodePoints } from './states.ts';

/** What a session asks of a change to `busy` that is to leave it alone. */
export type ChannelRule = 'acw' | 'available' | 'wait';

/** The channel that one contact fills: while somebody is on it, even `busy` may cut it. */
const VOICE = 'voice';

/**
 * The channel matrix: what `busy` has to leave to the skill groups of a session's channel, or that it has to wait
 * for the session. Every other state is a change of the whole agent and waits for each session there is.
 */
export const CHANNEL_MATRIX: Readonly<
  Record<'voice' | 'concurrent', Readonly<Record<SessionState, ChannelRule | 'free'>>>
> = {
  voice: {
    queued: 'wait',
    ringing: 'wait',
    talking: 'wait',
    hold: 'wait',
    acw: 'acw',
    unknown: 'wait',
    ended: 'free',
  },
  concurrent: {
    queued: 'available',
    ringing: 'available',
    talking: 'available',
    hold: 'available',
    acw: 'acw',
    unknown: 'wait',
    ended: 'free',
  },
};

/** The channel of each skill group (`ADHERENCE_SKILL_CHANNELS`). */
export type SkillChannels = ReadonlyMap<string, string>;

/** What to send now, or which sessions to wait for. */
export type ChannelDecision =
  | {
      readonly when: 'now';
      readonly wanted: WantedStatus;
      /** The sessions that go on beside the change. */
      readonly beside: readonly string[];
    }
  | { readonly when: 'later'; readonly waitFor: readonly string[]; readonly why: string };

/**
 * Whether a wanted status may be set beside the agent's sessions, and with which states of skill groups. Skill
 * groups that were named stand as they were named; the others of a channel with a session keep their own state.
 */
export function decideChannels(
  sessions: readonly Session[],
  wanted: WantedStatus,
  skillChannels: SkillChannels,
): ChannelDecision {
  const open = sessions.filter(isProtected);
  if (open.length === 0) return { when: 'now', wanted, beside: [] };
  if (wanted.state !== 'busy') {
    return later(
      open,
      `${wanted.state} is a change of the whole agent, which waits until sessions have ended`,
    );
  }
  const waits = open.filter((session) => ruleOf(session) === 'wait');
  if (waits.length > 0) return later(waits, 'a session that is live, or may be, might be cut');
  const unmapped = open.filter(({ mediaType }) => skillsOf(channelOf(mediaType), skillChannels).length === 0);
  if (unmapped.length > 0) {
    return later(unmapped, 'no skill group of their channel is known (ADHERENCE_SKILL_CHANNELS)');
  }
  return {
    when: 'now',
    wanted: { ...wanted, skillGroups: groupsBeside(open, wanted.skillGroups, skillChannels) },
    beside: idsOf(open),
  };
}

/** Ids of sessions, in an order that does not depend on the vendor's. */
function idsOf(sessions: readonly Pick<Session, 'sessionId'>[]): readonly string[] {
  return sessions.map(({ sessionId }) => sessionId).sort(compareCodePoints);
}

function later(sessions: readonly Session[], why: string): ChannelDecision {
  return { when: 'later', waitFor: idsOf(sessions), why };
}

function ruleOf({ mediaType, state }: Session): ChannelRule | 'free' {
  return CHANNEL_MATRIX[channelOf(mediaType) === VOICE ? 'voice' : 'concurrent'][state];
}

function channelOf(mediaType: string): string {
  return mediaType.trim().toLowerCase();
}

function skillsOf(channel: string, skillChannels: SkillChannels): readonly string[] {
  return [...skillChannels].flatMap(([skill, its]) => (channelOf(its) === channel ? [skill] : []));
}

/** A channel with a contact that goes on stays available, even where another contact of it is in wrap-up. */
function groupsBeside(
  open: readonly Session[],
  named: readonly GroupState[],
  skillChannels: SkillChannels,
): readonly GroupState[] {
  const live = new Set(
    open.filter((session) => ruleOf(session) === 'available').map(({ mediaType }) => channelOf(mediaType)),
  );
  const channels = new Set(open.map(({ mediaType }) => channelOf(mediaType)));
  const derived = [...channels].flatMap((channel) =>
    skillsOf(channel, skillChannels).map((id) => ({ id, state: live.has(channel) ? 'available' : 'acw' })),
  );
  const isNamed = new Set(named.map(({ id }) => id));
  const kept = derived.filter(({ id }) => !isNamed.has(id));
  return [...named, ...kept.sort((one, other) => compareCodePoints(one.id, other.id))];
}
