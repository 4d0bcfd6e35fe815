/** Everything that changes agents' states, put together: what `program.ts` is for the rest of the program. */
import { type Config, requireVendor } from '../config.ts';
import { auditCsv } from '../csv/audit-csv.ts';
import type { OpenVendor } from '../cxone/vendor.ts';
import type { AcwContract, AcwTerms } from '../domain/acw.ts';
import { ProgramError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import type { Override } from '../domain/override.ts';
import { sessionStateOf } from '../domain/session.ts';
import type { AuditFilter, ControlStore } from '../usecases/control-port.ts';
import { type AcwStart, startAcw } from '../usecases/enforce-acw.ts';
import { deliverEscalations, type EscalateReport } from '../usecases/escalate.ts';
import type { ExecuteDeps } from '../usecases/execute-override.ts';
import { auditJson, auditPages } from '../usecases/export-audit.ts';
import { type AcwExtend, extendAcw } from '../usecases/extend-acw.ts';
import type { FollowDeps } from '../usecases/follow-acw.ts';
import { type AgentLook, lookAtAgent } from '../usecases/look-at-agent.ts';
import {
  type Approval,
  approveOverride,
  denyOverride,
  type OverrideRequest,
  requestOverride,
} from '../usecases/override-status.ts';
import type { Clock, Log, ReopenRule, Store } from '../usecases/ports.ts';
import type { LockOwner } from '../usecases/run-lock.ts';
import { settleOverrides } from '../usecases/settle-overrides.ts';
import type { PushedEvent } from '../usecases/take-webhook.ts';
import { WakeQueue } from '../usecases/wake-queue.ts';
import { AcwWatch, type WatchReport } from '../usecases/watch-acw.ts';
import { escalationPoster } from '../web/monitoring/escalation.ts';
import { StatusControl } from './status-control.ts';

/** What the program hands in; the vendor is first opened by what needs it. */
export interface ControlParts {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  readonly store: Store & ControlStore;
  readonly owner: LockOwner;
  openVendor(): OpenVendor;
  reopenRule(): ReopenRule;
}

/** Sessions that are looked at side by side because they were pushed. */
const PUSHED_AT_ONCE = 8;

const NEVER = new AbortController().signal;

export class AgentControl {
  /** Agents' status. */
  readonly status: StatusControl;
  readonly #parts: ControlParts;
  readonly #pushed: WakeQueue<Instant>;
  #watch: AcwWatch | undefined;
  /** Told of each contract that was left before its end, once somebody wants to know. */
  onBypassed: ((type: AcwContract['type']) => void) | undefined;

  constructor(parts: ControlParts) {
    this.#parts = parts;
    this.status = new StatusControl(parts);
    this.#pushed = new WakeQueue({
      log: parts.log,
      concurrency: PUSHED_AT_ONCE,
      work: async (sessionId, at, signal) => {
        if (!(await parts.store.isOnHold())) await this.#acwWatch().pushed(sessionId, at, signal);
      },
    });
  }

  /** Enforces after-call work of a session, once. */
  startAcw(sessionId: string, terms: AcwTerms, person: string, signal = NEVER): Promise<AcwStart> {
    return startAcw(this.#acwDeps(), sessionId, terms, person, signal);
  }

  /** Makes after-call work that is enforced longer, once. */
  extendAcw(sessionId: string, seconds: number, person: string, signal = NEVER): Promise<AcwExtend> {
    return extendAcw(this.#acwDeps(), sessionId, seconds, person, signal);
  }

  /**
   * One round of the watch: contracts, rules, overrides that nobody waits for, escalations. Nothing of it while on
   * hold: what a restored database has under way may be long over. `undefined` then.
   */
  async watchRound(
    signal = NEVER,
  ): Promise<(WatchReport & { readonly escalations: EscalateReport }) | undefined> {
    const { store } = this.#parts;
    if (await store.isOnHold()) return undefined;
    const watched = await this.#acwWatch().round(signal);
    await settleOverrides(this.#overrideDeps(), signal);
    return { ...watched, escalations: await this.#escalate(signal) };
  }

  /** What the vendor pushed, once it is on the disk: nobody waits for what it leads to. */
  pushed(event: PushedEvent): void {
    this.status.pushed(event);
    const { sessionId, userId, state, at } =
      event.type === 'session.state.changed' ? event.session : event.transition;
    if (this.#parts.config.acwRules.length === 0 || sessionStateOf(state) !== 'acw') return;
    if (sessionId === undefined) this.#acwWatch().hint(userId);
    else this.#pushed.wake(sessionId, at);
  }

  /** A poll saw this agent with sessions. */
  sawSessions(userId: string): void {
    this.status.sawSessions(userId);
    this.#acwWatch().hint(userId);
  }

  /** @throws ProgramError `not_allowed` without tokens, which are how two persons are told apart. */
  async requestOverride(request: OverrideRequest, person: string): Promise<Override> {
    this.#requireTokens();
    return requestOverride(this.#parts, request, person);
  }

  /** @throws ProgramError `not_allowed`, `not_found`, or why the agent cannot be read. */
  async approveOverride(
    overrideId: string,
    person: string,
    acknowledged: readonly string[],
    signal = NEVER,
  ): Promise<Approval> {
    this.#requireTokens();
    return approveOverride(this.#overrideDeps(), overrideId, person, acknowledged, signal);
  }

  /** @throws ProgramError `not_allowed` or `not_found`. */
  async denyOverride(overrideId: string, person: string, note: string | undefined): Promise<Override> {
    this.#requireTokens();
    return denyOverride(this.#parts, overrideId, person, note);
  }

  /** The audit in chunks of text. */
  exportAudit(filter: AuditFilter, format: 'csv' | 'json'): AsyncGenerator<string> {
    const pages = auditPages(this.#parts.store, filter);
    return format === 'csv' ? auditCsv(pages) : auditJson(pages);
  }

  /** Gives up what was pushed and is not done; the next round sees it. */
  async close(): Promise<void> {
    await Promise.all([this.#pushed.close(), this.status.close()]);
  }

  #requireTokens(): void {
    if (this.#parts.config.http.tokens.length > 0) return;
    throw new ProgramError('not_allowed', 'overrides take two persons, whom only their tokens tell apart', {
      hint: 'Name them in HTTP_TOKENS.',
    });
  }

  async #escalate(signal: AbortSignal): Promise<EscalateReport> {
    const { config, store, clock, log } = this.#parts;
    if (config.escalation === undefined) return { delivered: 0, waiting: 0, givenUp: 0 };
    const post = escalationPoster(config.escalation, clock);
    return deliverEscalations({ store, clock, log, post, random: Math.random }, signal);
  }

  #acwWatch(): AcwWatch {
    const { config } = this.#parts;
    this.#watch ??= new AcwWatch({
      ...this.#acwDeps(),
      rules: config.acwRules,
      skillChannels: config.skillChannels,
      maxConcurrency: requireVendor(config).maxConcurrency,
      look: (userId, actor, signal) => this.#look(userId, actor, signal),
    });
    return this.#watch;
  }

  #look(userId: string, actor: string, signal?: AbortSignal): Promise<AgentLook> {
    return lookAtAgent(this.#overrideDeps(), userId, actor, signal);
  }

  #acwDeps(): FollowDeps & { readonly store: Store & ControlStore } {
    const { config, store, clock, log, owner, openVendor } = this.#parts;
    return {
      store,
      clock,
      log,
      owner,
      vendor: openVendor(),
      stateMap: config.policy.stateMap,
      escalates: config.escalation !== undefined,
      onBypassed: (type) => this.onBypassed?.(type),
    };
  }

  #overrideDeps(): ExecuteDeps {
    const { config, store, clock, log, owner, openVendor, reopenRule } = this.#parts;
    const vendor = openVendor();
    return { store, clock, log, owner, vendor, rules: config.policy, reopenRule };
  }
}
