/** Changing agents' status, put together: asking, carrying out what was put off, watching over presence. */
import { randomUUID } from 'node:crypto';
import type { OpenVendor } from '../cxone/vendor.ts';
import { type CarryReport, ChangeQueue } from '../usecases/carry-out-changes.ts';
import {
  type ChangeDeps,
  changeStatus,
  type StatusOutcome,
  type StatusRequest,
} from '../usecases/change-status.ts';
import type { ControlStore } from '../usecases/control-port.ts';
import { RegistryKeeper } from '../usecases/keep-registry.ts';
import { type AgentLook, lookAtAgent } from '../usecases/look-at-agent.ts';
import type { Store } from '../usecases/ports.ts';
import { type AgentShown, showStatus } from '../usecases/show-status.ts';
import type { PushedEvent } from '../usecases/take-webhook.ts';
import { WakeQueue } from '../usecases/wake-queue.ts';
import { PresenceWatch } from '../usecases/watch-presence.ts';
import type { ControlParts } from './agent-control.ts';

/** Agents whose queues are looked at side by side because they were pushed. */
const PUSHED_AT_ONCE = 8;

/** What one round of the deferred job did. */
export interface DeferredReport extends CarryReport {
  readonly presence: { readonly read: number; readonly failed: number };
  readonly registry: { readonly looked: number; readonly failed: number };
}

export class StatusControl {
  readonly #parts: ControlParts;
  readonly #woken: WakeQueue<undefined>;
  readonly #pushed = new Set<string>();
  #queue: ChangeQueue | undefined;
  #watch: PresenceWatch | undefined;
  #registry: RegistryKeeper | undefined;
  /** Told of each event that the audit keeps about an agent out of step, once somebody wants to know. */
  onEvent: ((event: string) => void) | undefined;

  constructor(parts: ControlParts) {
    this.#parts = parts;
    this.#woken = new WakeQueue({
      log: parts.log,
      concurrency: PUSHED_AT_ONCE,
      work: (userId, _, signal) => this.#changes().wake(userId, signal),
    });
  }

  /** @throws ProgramError when the agent cannot be read for a reason that does not pass by itself. */
  change(request: StatusRequest, signal?: AbortSignal): Promise<StatusOutcome> {
    return changeStatus(this.#deps(), request, signal);
  }

  /** @throws ProgramError when the agent cannot be read. */
  show(userId: string, person: string, signal?: AbortSignal): Promise<AgentShown> {
    return showStatus(this.#deps(), userId, person, signal);
  }

  /** Reads an agent's status and sessions. @throws ProgramError when they cannot be read. */
  look(userId: string, person: string, signal?: AbortSignal): Promise<AgentLook> {
    return lookAtAgent(this.#deps(), userId, person, signal);
  }

  /** One round of what was put off, of the registry, and of the watch over presence. `undefined` while on hold. */
  async round(signal?: AbortSignal): Promise<DeferredReport | undefined> {
    if (await this.#parts.store.isOnHold()) return undefined;
    const report = await this.#changes().tick(signal);
    const registry = await this.#keeper().round(signal);
    return { ...report, registry, presence: await this.#presence().tick(signal) };
  }

  /** A poll saw this agent with sessions. */
  sawSessions(userId: string): void {
    this.#keeper().hint(userId);
  }

  /** What the vendor pushed, once it is on the disk: what its agent has queued is looked at at once. */
  pushed(event: PushedEvent): void {
    const { userId } = event.type === 'agent.state.changed' ? event.transition : event.session;
    this.#pushed.add(userId);
    if (this.#pushed.size === 1) void this.#wake();
  }

  /** Gives up what was woken and is not done; the next round sees it. */
  async close(): Promise<void> {
    await this.#woken.close();
  }

  /** Those who were pushed in one turn together: mostly nothing is queued at all, and one look tells. */
  async #wake(): Promise<void> {
    const { store, log } = this.#parts;
    try {
      const due = await store.dueChanges(1);
      if (due.length > 0) for (const userId of this.#pushed) this.#woken.wake(userId, undefined);
    } catch (err) {
      log.error({ err }, 'what is queued cannot be read; the schedule tries again');
    } finally {
      this.#pushed.clear();
    }
  }

  #changes(): ChangeQueue {
    this.#queue ??= new ChangeQueue(this.#deps());
    return this.#queue;
  }

  #keeper(): RegistryKeeper {
    this.#registry ??= new RegistryKeeper(this.#deps());
    return this.#registry;
  }

  #presence(): PresenceWatch {
    const escalates = this.#parts.config.escalation !== undefined;
    this.#watch ??= new PresenceWatch({ ...this.#deps(), escalates });
    return this.#watch;
  }

  #deps(): ChangeDeps & { readonly store: Store & ControlStore; readonly vendor: OpenVendor } {
    const { config, store, clock, log, owner, openVendor, reopenRule } = this.#parts;
    const { stateMap, offlineStates } = config.policy;
    return {
      store,
      clock,
      log,
      owner,
      reopenRule,
      vendor: openVendor(),
      rules: { skillChannels: config.skillChannels, stateMap, offlineStates },
      onEvent: (event) => this.onEvent?.(event),
      newId: () => `chg_${randomUUID()}`,
    };
  }
}
