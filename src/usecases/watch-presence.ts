import type { ProgramError } from '../domain/errors.ts';
import { formatInstant } from '../domain/instant.ts';
import { type Sides, stepPresence } from '../domain/presence.ts';
import type { StateWords } from '../domain/state.ts';
import { auditEntry, DEFERRED_JOB, stateDocument } from './audit-entry.ts';
import type { AuditStore, Disagreement, PresenceStore, TelephonyVendor } from './control-port.ts';
import { escalationOf } from './escalate.ts';
import { eachUntilDown } from './outage-watch.ts';
import type { AgentRecord, AgentStore, Clock, Log } from './ports.ts';
import { Rotation } from './rotation.ts';

export interface PresenceWatchDeps {
  readonly store: PresenceStore & Pick<AuditStore, 'auditPage'> & Pick<AgentStore, 'listAgents'>;
  readonly vendor: Pick<TelephonyVendor, 'readStatus' | 'readPresence'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly rules: StateWords;
  /** Whether anybody is told of what is found (`ADHERENCE_ESCALATION_URL`). */
  readonly escalates: boolean;
  /** Told of each event that the audit keeps, for the metrics. */
  readonly onEvent?: ((event: string) => void) | undefined;
}

/** So many of all agents are looked at in one tick, in rotation. */
const IN_ROTATION = 50;
/** Of those that disagree, and of those that were changed lately. */
const MOST = 500;
/** For so long after a change an agent is looked at on every tick. */
const LATELY_MS = 120_000;
const CONCURRENCY = 8;

/** Watches whether the agents' desktop presence and telephony agree, which are two state machines (vendor-api.md 2). */
export class PresenceWatch {
  readonly #deps: PresenceWatchDeps;
  readonly #all = new Rotation<AgentRecord>(IN_ROTATION, ({ userId }) => userId);

  constructor(deps: PresenceWatchDeps) {
    this.#deps = deps;
  }

  /**
   * Looks at the agents that disagree, at those that were changed lately, and at the next few of all others.
   * @returns how many agents were read, and how many could not be.
   */
  async tick(signal?: AbortSignal): Promise<{ readonly read: number; readonly failed: number }> {
    let failed = 0;
    const onFailed = (agent: string, err: ProgramError): void => {
      failed += 1;
      this.#deps.log.debug({ agent, err }, 'presence and telephony cannot be compared');
    };
    const userIds = await this.#whom();
    const look = (userId: string): Promise<void> => this.#lookAt(userId, signal);
    await eachUntilDown(userIds, look, { concurrency: CONCURRENCY, signal, onFailed });
    return { read: userIds.size - failed, failed };
  }

  async #whom(): Promise<ReadonlySet<string>> {
    const { store, clock } = this.#deps;
    const disagreeing = await store.disagreements(MOST);
    const since = clock.now() - LATELY_MS;
    const changed = await store.auditPage({ from: since, event: 'status_answered' }, MOST);
    const next = await this.#next();
    return new Set([
      ...disagreeing.map(({ userId }) => userId),
      ...changed.flatMap(({ userId }) => (userId === undefined ? [] : [userId])),
      ...next,
    ]);
  }

  /** The next agents in order of their ids, from the first again after the last. */
  async #next(): Promise<readonly string[]> {
    const page = await this.#all.next((limit, after) => this.#deps.store.listAgents({ limit, after }));
    return page.flatMap(({ userId, inRoster }) => (inRoster ? [userId] : []));
  }

  async #lookAt(userId: string, signal: AbortSignal | undefined): Promise<void> {
    const { store, vendor, clock, rules } = this.#deps;
    const presence = await vendor.readPresence(userId, signal);
    const status = await vendor.readStatus(userId, signal);
    const sides = {
      presence: presence && { state: presence.status, updatedAt: presence.updatedAt },
      telephony: status && { state: status.state, updatedAt: status.updatedAt },
    };
    const known = await store.readDisagreement(userId);
    const { next, event } = stepPresence(known, sides, rules, clock.now());
    const disagreement = next && { userId, ...next };
    if (event !== undefined) await this.#tell(userId, event, known, disagreement, sides);
    else if (!isSame(known, disagreement)) await store.saveDisagreement(userId, disagreement);
  }

  async #tell(
    userId: string,
    event: 'phantom_availability' | 'phantom_availability_ended',
    known: Disagreement | undefined,
    disagreement: Disagreement | undefined,
    { presence, telephony }: Sides,
  ): Promise<void> {
    const { store, clock, log, escalates, onEvent } = this.#deps;
    const now = clock.now();
    const since = formatInstant((disagreement ?? known)?.since ?? now);
    const read = {
      presence: presence === undefined ? null : stateDocument(presence),
      telephony: telephony === undefined ? null : stateDocument(telephony),
    };
    const why =
      disagreement === undefined
        ? `presence and telephony agree again, after disagreeing since ${since}`
        : `presence and telephony have disagreed since ${since}`;
    const entry = auditEntry(now, DEFERRED_JOB, event, { userId, why, read });
    const data = { userId, since, ...read };
    const escalation = escalates ? escalationOf(event, `${userId} ${since}`, now, data) : undefined;
    await store.saveDisagreement(userId, disagreement, entry, escalation);
    log.warn({ agent: userId, since, ...read }, why);
    onEvent?.(event);
  }
}

function isSame(known: Disagreement | undefined, next: Disagreement | undefined): boolean {
  return (
    known?.since === next?.since && known?.presence === next?.presence && known?.telephony === next?.telephony
  );
}
