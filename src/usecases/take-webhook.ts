import { setImmediate } from 'node:timers';
import { checkTransition, type FieldFault, isFault } from '../domain/check-transition.ts';
import type { Instant } from '../domain/instant.ts';
import type { Transition } from '../domain/transition.ts';
import type { EventLogStore, RecordedCounts, ReopenRule } from './ports.ts';
import type { SessionEvent, WebStore } from './web-ports.ts';

/** What the vendor pushes (vendor-api.md 6). */
export type PushedEvent =
  | { readonly type: 'agent.state.changed'; readonly transition: Transition }
  | { readonly type: 'session.state.changed'; readonly session: SessionEvent };

export const PUSHED_TYPES = ['agent.state.changed', 'session.state.changed'] as const;

/** The event, or which field is at fault. Users nobody knows yet are as good as others. */
export function readPushed(payload: unknown, now: Instant): PushedEvent | FieldFault {
  if (!isObject(payload)) return { field: '', message: 'is not an object' };
  const { type, data } = payload;
  const known = PUSHED_TYPES.find((name) => name === type);
  if (known === undefined) return { field: 'type', message: `is none of ${PUSHED_TYPES.join(', ')}` };
  if (!isObject(data)) return { field: 'data', message: 'is not an object' };
  const { eventId, userId, state, updatedTimestamp, sessionId, mediaType } = data;
  const transition = checkTransition(
    { eventId, userId, state, updatedTimestamp, sessionId, mediaType },
    'webhook',
    now,
  );
  if (isFault(transition)) return inData(transition);
  if (transition.eventId === undefined) return inData({ field: 'eventId', message: 'is missing' });
  if (known === 'agent.state.changed') return { type: known, transition };
  return readSession(transition, transition.eventId, data.acwRemaining);
}

function readSession(
  { userId, state, at, receivedAt, sessionId, mediaType }: Transition,
  eventId: string,
  acwRemaining: unknown,
): PushedEvent | FieldFault {
  if (sessionId === undefined) return inData({ field: 'sessionId', message: 'is missing' });
  if (mediaType === undefined) return inData({ field: 'mediaType', message: 'is missing' });
  const acwRemainingSeconds = acwRemaining ?? undefined;
  if (acwRemainingSeconds !== undefined && !isSeconds(acwRemainingSeconds)) {
    return inData({ field: 'acwRemaining', message: 'is not a number of seconds' });
  }
  const session = { eventId, sessionId, userId, state, mediaType, acwRemainingSeconds, at, receivedAt };
  return { type: 'session.state.changed', session };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function inData({ field, message }: FieldFault): FieldFault {
  return { field: `data.${field}`, message };
}

/** More than this in one commit would keep everybody else waiting. */
const MOST_IN_COMMIT = 256;

export interface PushedDeps {
  readonly store: Pick<EventLogStore, 'recordTransitions'> & Pick<WebStore, 'recordSessionEvents'>;
  reopenRule(): ReopenRule;
  /** After each commit, with the events that are on the disk now. */
  onCommitted?(counts: RecordedCounts, events: readonly PushedEvent[]): void;
}

interface Waiting {
  readonly event: PushedEvent;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes pushed events durable, those that arrive together in one commit: while the disk writes one, the next ones
 * gather. Nobody waits for others to come.
 */
export class PushedEvents {
  readonly #deps: PushedDeps;
  #waiting: Waiting[] = [];
  #isDue = false;

  constructor(deps: PushedDeps) {
    this.#deps = deps;
  }

  /** Resolves when the event is on the disk, or was before. */
  take(event: PushedEvent): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, resolve, reject });
      this.#writeSoon();
    });
  }

  /** After all requests that this turn of the event loop has brought. */
  #writeSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => void this.#write());
  }

  async #write(): Promise<void> {
    const batch = this.#waiting.splice(0, MOST_IN_COMMIT);
    this.#isDue = false;
    if (this.#waiting.length > 0) this.#writeSoon();
    const { store, reopenRule } = this.#deps;
    const transitions = batch.filter(({ event }) => event.type === 'agent.state.changed');
    const sessions = batch.filter(({ event }) => event.type === 'session.state.changed');
    await this.#settle(transitions, () =>
      store.recordTransitions(
        transitions.flatMap(({ event }) => ('transition' in event ? [event.transition] : [])),
        reopenRule(),
      ),
    );
    await this.#settle(sessions, () =>
      store.recordSessionEvents(sessions.flatMap(({ event }) => ('session' in event ? [event.session] : []))),
    );
  }

  async #settle(waiting: readonly Waiting[], record: () => Promise<RecordedCounts>): Promise<void> {
    if (waiting.length === 0) return;
    try {
      const counts = await record();
      const events = waiting.map(({ event }) => event);
      this.#deps.onCommitted?.(counts, events);
      for (const { resolve } of waiting) resolve();
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
