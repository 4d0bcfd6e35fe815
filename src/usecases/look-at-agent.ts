import type { AgentView } from '../domain/change-rules.ts';
import { desyncOf } from '../domain/desync.ts';
import { ProgramError } from '../domain/errors.ts';
import { formatInstant, type Instant } from '../domain/instant.ts';
import type { StateWords } from '../domain/state.ts';
import { refuseAhead } from './ahead.ts';
import { auditEntry, readDocument } from './audit-entry.ts';
import type {
  AuditStore,
  LoggedStateStore,
  Presence,
  RegistryStore,
  TelephonyVendor,
} from './control-port.ts';
import type { Clock, EventLogStore, Log, ReopenRule } from './ports.ts';

export interface LookDeps {
  readonly store: RegistryStore & LoggedStateStore & AuditStore & Pick<EventLogStore, 'recordObservations'>;
  readonly vendor: Pick<TelephonyVendor, 'readStatus' | 'readSessions'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly rules: StateWords;
  reopenRule(): ReopenRule;
  /** Told of each event that the audit keeps, for the metrics. */
  readonly onEvent?: ((event: string) => void) | undefined;
}

/** An agent as he was just read. */
export interface AgentLook extends AgentView {
  readonly lookedAt: Instant;
  /** The desktop's side; absent where nobody asked for it, or it could not be read. */
  readonly desktop?: { readonly presence: Presence | undefined } | undefined;
}

/**
 * Reads an agent's status and active sessions, and enters both: the status in the event log, the sessions in the
 * registry. The first reading that succeeds after one that did not also tells what had gone out of step.
 * @param actor who wanted to know; for the audit.
 * @throws ProgramError when either cannot be read: that says nothing about the agent.
 */
export async function lookAtAgent(
  deps: LookDeps,
  userId: string,
  actor: string,
  signal?: AbortSignal,
): Promise<AgentLook> {
  const { store, clock } = deps;
  const lookedAt = clock.now();
  const { sessionsAt, ...view } = await readAgent(deps, userId, signal);
  const logged = await store.lastLoggedState(userId);
  await store.recordObservations([{ userId, observedAt: lookedAt, status: view.status }], deps.reopenRule());
  const differences = await store.alignSessions(userId, view.sessions, sessionsAt);
  const since = await store.markTrouble(userId, undefined);
  if (since !== undefined) {
    const desync = desyncOf(differences, logged, view.status, deps.rules);
    if (desync !== undefined) await tellOfDesync(deps, { userId, actor, since, desync, view });
  }
  return { ...view, lookedAt };
}

/**
 * Remembers that an agent could not be read (408, 503, a time-out, a reset), so that the next reading that succeeds
 * looks for what was missed. Other failures say nothing about the agent's connection.
 */
export async function noteTrouble(
  { store, clock }: { readonly store: Pick<RegistryStore, 'markTrouble'>; readonly clock: Clock },
  userId: string,
  error: unknown,
): Promise<void> {
  if (!(error instanceof ProgramError) || error.code !== 'vendor_unavailable') return;
  await store.markTrouble(userId, clock.now());
}

type Reading = AgentView & { readonly sessionsAt: Instant };

async function readAgent(deps: LookDeps, userId: string, signal: AbortSignal | undefined): Promise<Reading> {
  const { vendor, clock } = deps;
  try {
    const status = await vendor.readStatus(userId, signal);
    const sessionsAt = clock.now();
    // Who is absent has no sessions, and the vendor would not know whose to list.
    if (status === undefined) return { status, sessions: [], sessionsAt };
    refuseAhead(userId, status.updatedAt, sessionsAt);
    return { status, sessions: await vendor.readSessions(userId, signal), sessionsAt };
  } catch (error) {
    if (signal?.aborted !== true) await noteTrouble(deps, userId, error);
    throw error;
  }
}

async function tellOfDesync(
  { store, clock, log, onEvent }: LookDeps,
  found: {
    readonly userId: string;
    readonly actor: string;
    readonly since: Instant;
    readonly desync: NonNullable<ReturnType<typeof desyncOf>>;
    readonly view: AgentView;
  },
): Promise<void> {
  const { userId, actor, since, desync, view } = found;
  const event = 'state_desync_corrected';
  const why = `could not be read since ${formatInstant(since)}; what is known now is what the vendor says`;
  const words = { userId, why, read: readDocument(view), answer: desync };
  await store.recordAudit([auditEntry(clock.now(), actor, event, words)]);
  log.warn({ agent: userId, since: formatInstant(since), ...desync }, 'out of step with the vendor; aligned');
  onEvent?.(event);
}
