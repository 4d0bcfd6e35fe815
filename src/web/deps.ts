import type { AcwTerms } from '../domain/acw.ts';
import type { Instant } from '../domain/instant.ts';
import type { Override } from '../domain/override.ts';
import type { AccessToken } from '../domain/role.ts';
import type { StatusOutcome, StatusRequest } from '../usecases/change-status.ts';
import type {
  ChangeStore,
  LoggedStateStore,
  OverrideStore,
  RegistryStore,
} from '../usecases/control-port.ts';
import type { AcwStart } from '../usecases/enforce-acw.ts';
import type { AcwExtend } from '../usecases/extend-acw.ts';
import type { AgentLook } from '../usecases/look-at-agent.ts';
import type { Approval, OverrideRequest } from '../usecases/override-status.ts';
import type { Clock, FindingFilter, Log, ReleasedRun, ReopenRule, Store } from '../usecases/ports.ts';
import type { Reviewed, Verdict } from '../usecases/review-finding.ts';
import type { RunStarter } from '../usecases/start-run.ts';
import type { PushedEvent } from '../usecases/take-webhook.ts';
import type { WebStore } from '../usecases/web-ports.ts';
import type { Metrics } from './monitoring/metrics.ts';

/** What the program does for whoever asks over HTTP. */
export interface Operations {
  /** Whether the database answers; never the vendor's health, which must not restart the program. */
  isReady(): Promise<boolean>;
  /** The drift CSV in chunks of text, the same as `export` writes. */
  exportCsv(filter: FindingFilter): AsyncGenerator<string>;
  review(findingId: string, verdict: Verdict, person: string, note: string | undefined): Promise<Reviewed>;
  settleHeldRun(
    runId: number,
    what: 'release' | 'drop',
    person: string,
    note: string | undefined,
  ): Promise<ReleasedRun>;
  /** What a transition that comes late reopens. */
  reopenRule(): ReopenRule;
}

/** What changes agents' states. Each throws ProgramError when the vendor cannot be read; nothing was sent then. */
export interface Control {
  startAcw(sessionId: string, terms: AcwTerms, person: string): Promise<AcwStart>;
  extendAcw(sessionId: string, seconds: number, person: string): Promise<AcwExtend>;
  requestOverride(request: OverrideRequest, person: string): Promise<Override>;
  approveOverride(overrideId: string, person: string, acknowledged: readonly string[]): Promise<Approval>;
  denyOverride(overrideId: string, person: string, note: string | undefined): Promise<Override>;
  /** What the vendor pushed, once it is on the disk. */
  pushed(event: PushedEvent): void;
  readonly status: {
    change(request: StatusRequest): Promise<StatusOutcome>;
    /** Reads status and sessions. */
    look(userId: string, person: string): Promise<AgentLook>;
  };
}

/** What routes and pages work with; src/program.ts hands it in. */
export interface WebDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly tokens: readonly AccessToken[];
  readonly metricsPublic: boolean;
  /** What webhooks may be signed with; without any there is no webhook. */
  readonly webhookKeys: readonly Uint8Array[];
  readonly store: Pick<Store, 'recordTransitions' | 'findingStory' | 'isOnHold' | 'listRuns'> &
    WebStore &
    Pick<OverrideStore, 'listOverrides'> &
    Pick<ChangeStore, 'openChanges'> &
    Pick<RegistryStore, 'knownSessions'> &
    Pick<LoggedStateStore, 'lastLoggedState'>;
  readonly operations: Operations;
  readonly control: Control;
  readonly runs: RunStarter;
  /** When the schedule reconciles next; nobody knows where there is no schedule. */
  readonly nextRunAt?: (() => Instant | undefined) | undefined;
  readonly metrics: Metrics;
}
