import { getEventListeners } from 'node:events';
import type { Instant } from '../../src/domain/instant.ts';

interface Event {
  readonly at: Instant;
  /** Of two events at one instant, the one that was planned first happens first. */
  readonly order: number;
  readonly happen: () => void;
  /** Nobody cares any more: it is passed over without giving anybody a turn. */
  readonly isIdle: (() => boolean) | undefined;
}

/** So many turns of the event loop without a plan for later, and nobody is waiting for a turn any more. */
const PATIENCE_TURNS = 10_000;

/** Long enough for whatever one event sets going: promises first, then what waits for a turn of the event loop. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * The time of a simulated world. It stands still while anything can run and then moves to the next thing that was
 * planned, so a simulated day takes as long as its work, and the same plan always happens in the same order.
 */
export class VirtualClock {
  #now: Instant;
  #planned = 0;
  readonly #events: Event[] = [];
  /** Work on other threads, which nobody can see the end of but by waiting. */
  #elsewhere = 0;

  constructor(now: Instant) {
    this.#now = now;
  }

  now(): Instant {
    return this.#now;
  }

  /** Plans something; what lies in the past happens next. */
  at(instant: Instant, happen: () => void, isIdle?: () => boolean): void {
    this.#planned += 1;
    const event = { at: Math.max(instant, this.#now), order: this.#planned, happen, isIdle };
    const events = this.#events;
    events.push(event);
    let place = events.length - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (isBefore(events[above]!, event)) break;
      events[place] = events[above]!;
      place = above;
    }
    events[place] = event;
  }

  /** A signal that aborts after `ms` with a `TimeoutError`. */
  timeoutSignal(ms: number): AbortSignal {
    const controller = new AbortController();
    const { signal } = controller;
    this.at(
      this.#now + ms,
      () => controller.abort(new DOMException('the time is up', 'TimeoutError')),
      () => getEventListeners(signal, 'abort').length === 0,
    );
    return signal;
  }

  /** Waits for work that other threads do; time stands still meanwhile. */
  async elsewhere<T>(work: Promise<T>): Promise<T> {
    this.#elsewhere += 1;
    try {
      return await work;
    } finally {
      this.#elsewhere -= 1;
    }
  }

  /** Lets time pass until the work is done. @throws when it waits for nothing that could ever happen. */
  async until<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const noted = work.finally(() => {
      isDone = true;
    });
    noted.catch(() => undefined);
    for (let idle = 0; idle < PATIENCE_TURNS; idle += 1) {
      await settled();
      if (isDone) return noted;
      if (this.#elsewhere > 0 || this.#step(Number.POSITIVE_INFINITY)) idle = 0;
    }
    throw new Error('the simulated world waits for nothing that could ever happen');
  }

  /** Lets time pass until an instant. */
  async advanceTo(instant: Instant): Promise<void> {
    for (;;) {
      await settled();
      if (this.#elsewhere > 0) continue;
      if (!this.#step(instant)) break;
    }
    this.#now = Math.max(this.#now, instant);
  }

  #step(until: Instant): boolean {
    for (;;) {
      const next = this.#events[0];
      if (next === undefined || next.at > until) return false;
      this.#pop();
      this.#now = Math.max(this.#now, next.at);
      if (next.isIdle?.() === true) continue;
      next.happen();
      return true;
    }
  }

  #pop(): void {
    const events = this.#events;
    const last = events.pop()!;
    if (events.length === 0) return;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= events.length) break;
      if (below + 1 < events.length && isBefore(events[below + 1]!, events[below]!)) below += 1;
      if (isBefore(last, events[below]!)) break;
      events[place] = events[below]!;
      place = below;
    }
    events[place] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
