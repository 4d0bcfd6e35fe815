/**
 * What the use cases need from outside. Each method says what it promises; whoever implements it keeps the
 * promise (`test/contract` holds every implementation to it).
 *
 * Every store method is one transaction: it happens as a whole or not at all, and is durable when its promise
 * resolves. Methods that take a `Lease` refuse with `lock_lost` once another process has taken the lock over.
 */
import type { Instant } from '../domain/instant.ts';
import type { DeliveryStore } from './delivery-port.ts';
import type { AgentStore, EventLogStore } from './event-log-port.ts';
import type { OperatingStore } from './operating-port.ts';
import type { FindingReader } from './reading-port.ts';
import type { ReviewStore } from './review-port.ts';
import type { RunStore } from './run-port.ts';
import type { StatesListStore } from './states-port.ts';

export type * from './delivery-port.ts';
export type * from './diagnosis-port.ts';
export type * from './event-log-port.ts';
export type * from './operating-port.ts';
export type * from './reading-port.ts';
export type * from './review-port.ts';
export type * from './run-port.ts';
export type * from './states-port.ts';
export type * from './token-port.ts';
export type * from './vendor-port.ts';

/** The only source of time: `src/clock.ts` in the program, a virtual one in simulations. */
export interface Clock {
  now(): Instant;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A signal that aborts after `ms` with a `TimeoutError`. */
  timeoutSignal(ms: number): AbortSignal;
}

/** Structured log; the shape of pino's methods. Never hand it a secret or a vendor's body. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type Store = EventLogStore &
  AgentStore &
  RunStore &
  DeliveryStore &
  FindingReader &
  OperatingStore &
  ReviewStore &
  StatesListStore;
