import type { Instant } from '../domain/instant.ts';
import type { SessionState } from '../domain/session.ts';
import type { Shift } from '../domain/shift.ts';
import type { DayEvent } from './day-plan.ts';
import type { SessionOrigin } from './live-session.ts';
import { MINUTE_MS, SECOND_MS } from './local-day.ts';
import { exponential, integerBetween, keyOf, mix, type Random, randomOf } from './rng.ts';
import type { User } from './roster.ts';
import { SKILL_OF_CHANNEL } from './skills.ts';

/** How many contacts of a channel an agent who has it works on at once, and which share of agents has it. */
const CHANNELS = [
  { mediaType: 'webchat', share: 0.6, atOnce: 2, talkMs: 5 * MINUTE_MS, restMs: 12 * MINUTE_MS },
  { mediaType: 'email', share: 0.4, atOnce: 1, talkMs: 8 * MINUTE_MS, restMs: 25 * MINUTE_MS },
] as const;
type Channel = (typeof CHANNELS)[number];

const UNANSWERED_SHARE = 0.05;
const HOLD_SHARE = 0.2;
const EARLY_EXIT_SHARE = 0.25;

/**
 * The chats and emails that come to an agent in a shift, in no particular order. They depend on the seed, the
 * agent and the shift alone, as calls do, but on draws of their own: the calls are the same with and without them.
 */
export function channelContacts(seed: number, user: User, shift: Shift): DayEvent[] {
  return CHANNELS.flatMap((channel) => {
    const habits = randomOf(mix(keyOf(seed, `channel ${channel.mediaType}`), user.index));
    if (habits() >= channel.share) return [];
    return Array.from({ length: channel.atOnce }, (_, lane) => {
      const name = `${shift.id.slice(4)}_${channel.mediaType}${lane + 1}`;
      return laneOf(channel, user, shift, name, randomOf(keyOf(seed, name)));
    }).flat();
  });
}

/** One contact after the other. */
function laneOf(channel: Channel, user: User, shift: Shift, name: string, random: Random): DayEvent[] {
  const events: DayEvent[] = [];
  let now = shift.start;
  for (let count = 1; ; count += 1) {
    now += exponential(random, channel.restMs, MINUTE_MS, 5 * channel.restMs);
    if (now >= shift.end - 15 * MINUTE_MS) return events;
    const origin: SessionOrigin = {
      id: `ses_${name}_${count}`,
      userId: user.userId,
      mediaType: channel.mediaType,
      direction: 'inbound',
      skillId: SKILL_OF_CHANNEL[channel.mediaType],
    };
    now = takeContact(events, origin, now, channel.talkMs, random);
  }
}

/** @returns when it has ended */
function takeContact(
  events: DayEvent[],
  origin: SessionOrigin,
  start: Instant,
  talkMs: number,
  random: Random,
): Instant {
  let now = start;
  const enter = (state: SessionState, holdMs: number): void => {
    const acwEndsAt = state === 'acw' ? now + holdMs : undefined;
    events.push({ kind: 'session', at: now, origin, state, acwEndsAt, transition: undefined });
    now += holdMs;
  };
  enter('queued', integerBetween(random, 2, 20) * SECOND_MS);
  enter('ringing', integerBetween(random, 3, 15) * SECOND_MS);
  if (random() >= UNANSWERED_SHARE) {
    enter('talking', exponential(random, talkMs, 20 * SECOND_MS, 4 * talkMs));
    if (random() < HOLD_SHARE) {
      enter('hold', integerBetween(random, 10, 60) * SECOND_MS);
      enter('talking', exponential(random, talkMs / 4, 10 * SECOND_MS, talkMs));
    }
    enter('acw', integerBetween(random, 15, 90) * SECOND_MS);
    // Most stay until the timer runs out; some press the button before.
    if (random() < EARLY_EXIT_SHARE) now -= integerBetween(random, 1, 10) * SECOND_MS;
  }
  enter('ended', 0);
  return now;
}
