import type { AcwRule, AcwTerms } from '../../src/domain/acw.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import type { AuditRow, ControlStore } from '../../src/usecases/control-port.ts';
import { type AgentLook, lookAtAgent } from '../../src/usecases/look-at-agent.ts';
import type { Log, ReopenRule, Store } from '../../src/usecases/ports.ts';
import type { LockOwner } from '../../src/usecases/run-lock.ts';
import { AcwWatch } from '../../src/usecases/watch-acw.ts';
import type { WebStore } from '../../src/usecases/web-ports.ts';
import { opened, scratchFile } from '../store/scratch.ts';
import { t } from './rows.ts';
import { SmallVendor } from './small-vendor.ts';
import { VirtualClock } from './virtual-clock.ts';

/* After-call work and overrides against a small vendor: a real database, and a clock that tests move. */

export const TERMS: AcwTerms = { durationSeconds: 90, type: 'manual', reasonCode: 'crm_update' };

/** Processes by name; those whose name says so are gone. */
export function ownerOf(name: string): LockOwner {
  return { name, isGone: (owner) => owner.startsWith('gone') };
}

export class AcwRoom {
  readonly clock = new VirtualClock(t('09:00:00'));
  readonly vendor = new SmallVendor(this.clock);
  readonly store: Store & WebStore & ControlStore;
  readonly bypassed: string[] = [];
  readonly logged: { readonly level: string; readonly message: string; readonly fields: object }[] = [];
  readonly log: Log;
  readonly rules: AcwRule[] = [];
  readonly skillChannels = new Map<string, string>();
  readonly stateMap = new Map<string, string>();
  readonly maxConcurrency = 4;
  owner = ownerOf('me');
  escalates = true;

  constructor() {
    this.store = opened({ path: scratchFile() });
    const keep = (level: string) => (fields: object, message: string) => {
      this.logged.push({ level, message, fields });
    };
    this.log = { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
  }

  readonly onBypassed = (type: string): void => void this.bypassed.push(type);
  readonly reopenRule = (): ReopenRule => ({ marginMs: 300_000, closedBefore: 0 });

  readonly look = (userId: string, actor: string, signal?: AbortSignal): Promise<AgentLook> =>
    lookAtAgent(this.overrides, userId, actor, signal);

  get #deps() {
    const { store, vendor, clock, log, owner, reopenRule } = this;
    return { store, vendor, clock, log, owner, reopenRule };
  }

  /** For after-call work. */
  get acw() {
    const { stateMap, escalates, onBypassed } = this;
    return { ...this.#deps, stateMap, escalates, onBypassed };
  }

  /** For overrides. */
  get overrides() {
    return { ...this.#deps, rules: { ...DEFAULT_POLICY, stateMap: this.stateMap } };
  }

  /** A process that watches; another one remembers nothing of what this one saw. */
  watch(): AcwWatch {
    const { rules, skillChannels, maxConcurrency, look } = this;
    return new AcwWatch({ ...this.acw, rules, skillChannels, maxConcurrency, look });
  }

  wait(seconds: number): Promise<void> {
    return this.clock.pass(seconds * 1000);
  }

  async audit(): Promise<readonly AuditRow[]> {
    return this.store.auditPage({}, 1_000);
  }

  async events(): Promise<string[]> {
    return (await this.audit()).map(({ event }) => event);
  }
}
