import type { AcwContract } from '../domain/acw.ts';
import type { AcwReading } from '../domain/acw-watch.ts';
import type { Instant } from '../domain/instant.ts';
import type { Session } from '../domain/session.ts';
import { ourWord, type StateWords } from '../domain/state.ts';
import { vendorLagMs } from '../domain/vendor-clock.ts';
import type { AcwDeps } from './acw-contract.ts';

/** A timer that took longer to read may be off by too much to tell two timers apart. */
const SLOW_MS = 2_000;

/** A reading of a contract's session with what the audit keeps of it. */
export interface AcwSeen {
  readonly reading: AcwReading;
  readonly isSlow: boolean;
  readonly read: object;
}

export interface SessionReading {
  /** Absent when the vendor has no such session (any more). */
  readonly session: Session | undefined;
  /** Half-way between asking and the answer. */
  readonly at: Instant;
  readonly isSlow: boolean;
}

/**
 * Reads a session once and keeps in the registry what it showed.
 * @throws ProgramError when it could not be read, which says nothing about the session.
 */
export async function readSessionNow(
  { vendor, store, clock }: Pick<AcwDeps, 'vendor' | 'store' | 'clock'>,
  sessionId: string,
  signal?: AbortSignal,
): Promise<SessionReading> {
  const from = clock.now();
  const session = await vendor.readSession(sessionId, signal);
  const tookMs = clock.now() - from;
  const known = session ?? (await store.knownSession(sessionId));
  const state = session?.state ?? 'ended';
  if (known !== undefined) await store.recordSessions([{ ...known, state, at: from }]);
  return { session, at: from + Math.floor(tookMs / 2), isSlow: tookMs > SLOW_MS };
}

/** What the session shows of the contract. `seenAt` is when it was last seen in after-call work. */
export async function readAcw(
  deps: Pick<AcwDeps, 'vendor' | 'store' | 'clock'> & Pick<StateWords, 'stateMap'>,
  contract: AcwContract,
  seenAt: Instant,
  signal?: AbortSignal,
): Promise<AcwSeen> {
  const pushed = await deps.store.knownSession(contract.sessionId);
  const { session, at, isSlow } = await readSessionNow(deps, contract.sessionId, signal);
  // A word that nobody knows is no sign of having left.
  if (session?.state === 'acw' || session?.state === 'unknown') {
    const reading = { left: false, at, remainingSeconds: session.acwRemainingSeconds } as const;
    return { reading, isSlow, read: { session } };
  }
  const status = await deps.vendor.readStatus(contract.userId, signal);
  const isOut = status !== undefined && ourWord(status.state, deps.stateMap) !== 'acw';
  const lagMs = vendorLagMs(deps.vendor.clockReading?.());
  const told = [
    ...(pushed !== undefined && pushed.state !== 'acw' ? [pushed.at + lagMs] : []),
    // A status set while it was still in after-call work says nothing about when it left.
    ...(isOut && status.updatedAt + lagMs > seenAt ? [status.updatedAt + lagMs] : []),
  ];
  const reading = { left: true, leftAt: Math.min(at, ...told) } as const;
  return { reading, isSlow, read: { session: session ?? null, status: status ?? null } };
}
