import { createHmac } from 'node:crypto';
import type { Instant } from '../domain/instant.ts';
import type { Happening } from './live-agent.ts';
import { MINUTE_MS, SECOND_MS } from './local-day.ts';
import { integerBetween, keyOf, type Random, randomOf } from './rng.ts';
import { writeInstant } from './wire.ts';

/** One try to deliver an event. */
export interface Push {
  /** Names in lower case; signed for the instant at which the push was due. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly attempt: number;
}

interface Waiting {
  readonly id: string;
  readonly body: string;
  readonly dueAt: Instant;
  readonly attempt: number;
}

const SLOW_SHARE = 0.12;
const VERY_LATE_SHARE = 0.03;
const TWICE_SHARE = 0.05;
const MOST_ATTEMPTS = 6;

/**
 * What is pushed to a webhook (section 6 of the contract): most events within the second, some many seconds late and
 * so behind those that came after them, some twice. How late and how often hangs on the seed and the event.
 */
export class Pushes {
  readonly #seed: number;
  readonly #key: Buffer;
  #waiting: Waiting[] = [];

  /** @param secret `whsec_` and the key in base64 */
  constructor(seed: number, secret: string) {
    this.#seed = seed;
    this.#key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  }

  /** Takes an event to be pushed. */
  add(happening: Happening): void {
    const { at, event } = eventOf(happening);
    const random = randomOf(keyOf(this.#seed, event.data.eventId));
    const dueAt = at + delayMs(random);
    const waiting = { id: `msg_${event.data.eventId}`, body: JSON.stringify(event), dueAt, attempt: 1 };
    this.#waiting.push(waiting);
    if (random() >= TWICE_SHARE) return;
    this.#waiting.push({ ...waiting, dueAt: dueAt + integerBetween(random, 0, MINUTE_MS) });
  }

  /** Takes out what is due, in the order in which it is due. */
  due(now: Instant): Push[] {
    const due = this.#waiting
      .filter(({ dueAt }) => dueAt <= now)
      .sort((one, other) => one.dueAt - other.dueAt);
    this.#waiting = this.#waiting.filter(({ dueAt }) => dueAt > now);
    return due.map(({ id, body, attempt }) => {
      const timestamp = String(Math.floor(now / SECOND_MS));
      const signature = createHmac('sha256', this.#key).update(`${id}.${timestamp}.${body}`).digest('base64');
      const headers = {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      };
      return { headers, body, attempt };
    });
  }

  /** Pushes again later what was not taken, twice as late each time, until it is given up. */
  failed({ headers, body, attempt }: Push, now: Instant): void {
    if (attempt >= MOST_ATTEMPTS) return;
    const dueAt = now + 2 ** attempt * SECOND_MS;
    this.#waiting.push({ id: headers['webhook-id']!, body, dueAt, attempt: attempt + 1 });
  }
}

function delayMs(random: Random): number {
  const share = random();
  if (share < VERY_LATE_SHARE) return integerBetween(random, 20 * SECOND_MS, 2 * MINUTE_MS);
  if (share < SLOW_SHARE) return integerBetween(random, SECOND_MS, 10 * SECOND_MS);
  return integerBetween(random, 40, 900);
}

/** Agents' events have the ids that the file for `import` gives them. */
function eventOf(happening: Happening): { at: Instant; event: { type: string; data: { eventId: string } } } {
  if (happening.kind === 'session') return sessionEventOf(happening);
  const { userId, transition } = happening;
  const { state, at, sessionId } = transition;
  const data = {
    eventId: `evt_${userId.slice(4)}_${at}`,
    userId,
    state,
    updatedTimestamp: writeInstant(at),
    ...(sessionId === undefined ? {} : { sessionId, mediaType: 'voice' }),
  };
  return { at, event: { type: 'agent.state.changed', data } };
}

function sessionEventOf({ session, at }: Happening & { kind: 'session' }) {
  const { id: sessionId, userId, mediaType } = session.origin;
  const { state } = session;
  const data = {
    eventId: `evt_${sessionId.slice(4)}_${at}`,
    sessionId,
    userId,
    state,
    mediaType,
    ...(state === 'acw' ? { acwRemaining: session.remainingSeconds(at) } : {}),
    updatedTimestamp: writeInstant(at),
  };
  return { at, event: { type: 'session.state.changed', data } };
}
