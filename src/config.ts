/** The only reader of the environment (surface.md, Configuration). */
import { readFileSync } from 'node:fs';
import { escalationContradictions, readKinds, readRules, timeContradictions } from './config/checks.ts';
import { type Environment, type ReadFile, readVariables } from './config/environment.ts';
import type { Values } from './config/variables.ts';
import {
  missingForVendor,
  type VendorSettings,
  vendorContradictions,
  vendorSettings,
} from './config/vendor-settings.ts';
import type { AcwRule } from './domain/acw.ts';
import type { BreakerLimits } from './domain/breaker.ts';
import type { SkillChannels } from './domain/channels.ts';
import { ProgramError } from './domain/errors.ts';
import type { FindingKind } from './domain/finding.ts';
import type { Policy } from './domain/policy.ts';
import type { AccessToken } from './domain/role.ts';

export type { VendorSettings } from './config/vendor-settings.ts';
export { type Role, suffices } from './domain/role.ts';

/** When each job runs, in UTC; `undefined` is off. */
export interface Crons {
  readonly reconcile: string | undefined;
  readonly collect: string | undefined;
  readonly prune: string | undefined;
  readonly deferred: string | undefined;
  readonly acw: string | undefined;
  readonly recheck: string | undefined;
}

export interface Config {
  readonly database: string;
  readonly crons: Crons;
  readonly policy: Policy;
  readonly maxWindowMs: number;
  /** Windows shorter than this are not cut (reconciliation.md 4). */
  readonly minWindowMs: number;
  readonly backfillMs: number;
  readonly lockMs: number;
  readonly recheckMs: number;
  /** The threshold is that of the policy. */
  readonly breakers: Omit<BreakerLimits, 'thresholdMs'>;
  readonly reportDir: string;
  readonly retentionMs: number;
  readonly auditRetentionMs: number;
  /** Absent as long as something of it is missing; `requireVendor` says what. */
  readonly vendor: VendorSettings | undefined;
  readonly vendorMissing: readonly string[];
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly tokens: readonly AccessToken[];
    readonly metricsPublic: boolean;
  };
  /** The keys that webhooks are signed with; none without `WEBHOOK_SECRET`. */
  readonly webhookKeys: readonly Uint8Array[];
  readonly skillChannels: SkillChannels;
  /** Where escalations are posted and with which keys they are signed; nowhere without. */
  readonly escalation: { readonly url: URL; readonly keys: readonly Uint8Array[] } | undefined;
  readonly pingUrl: URL | undefined;
  /** Which session must have which after-call work; the first that matches counts. */
  readonly acwRules: readonly AcwRule[];
  /** Who is at the command line. */
  readonly token: string | undefined;
  readonly logLevel: Values['LOG_LEVEL'];
  /** Texts that must never be shown; for the log. */
  readonly secrets: readonly string[];
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** A cut leaves no window shorter than this (reconciliation.md 4). */
const MIN_WINDOW_MS = 60_000;

/**
 * The configuration, or all that is wrong with it: one line a problem, the variable first, and never the value
 * of a secret.
 */
export function checkConfig(
  env: Environment,
  readFile?: ReadFile,
): { readonly config: Config } | { readonly problems: readonly string[] } {
  const { config, problems } = surveyConfig(env, readFile);
  return problems.length === 0 ? { config } : { problems };
}

/** The same, and with the problems the configuration as far as it is right: what is wrong has its default. */
export function surveyConfig(
  env: Environment = process.env,
  readFile: ReadFile = (path) => readFileSync(path, 'utf8'),
): { readonly config: Config; readonly problems: readonly string[] } {
  const { values, problems, wrong, secrets } = readVariables(env, readFile);
  const correctKinds = readKinds(values.ADHERENCE_CORRECT_KINDS);
  const acwRules = readRules(values.ADHERENCE_ACW_RULES, readFile);
  const all = [
    ...problems,
    ...(typeof correctKinds === 'string' ? [correctKinds] : []),
    ...('problems' in acwRules ? acwRules.problems : []),
    ...timeContradictions(values, wrong),
    ...escalationContradictions(values, wrong),
    ...vendorContradictions(values),
  ];
  const kinds = typeof correctKinds === 'string' ? new Set<FindingKind>() : correctKinds;
  const rules = 'problems' in acwRules ? [] : acwRules;
  return { config: assemble(values, kinds, rules, secrets, wrong), problems: all };
}

/** @throws ProgramError `invalid_configuration` whose message has one line a problem. */
export function readConfig(env: Environment = process.env, readFile?: ReadFile): Config {
  const checked = checkConfig(env, readFile);
  if ('config' in checked) return checked.config;
  throw new ProgramError('invalid_configuration', checked.problems.join('\n'));
}

/** The same for what calls the vendor: what is missing for that is said along with the other problems. */
export function readVendorConfig(env?: Environment, readFile?: ReadFile): Config {
  const { config, problems } = surveyConfig(env, readFile);
  const all = [...problems, ...vendorProblems(config)];
  if (all.length === 0) return config;
  throw new ProgramError('invalid_configuration', all.join('\n'));
}

/** What works but is hardly meant so, to be said when the worker starts: one line each, the variable first. */
export function warningsOf({ retentionMs, lockMs }: Config): readonly string[] {
  if (retentionMs >= lockMs) return [];
  return [
    `ADHERENCE_RETENTION_DAYS: ${retentionMs / DAY_MS} is less than ADHERENCE_LOCK_DAYS, ${lockMs / DAY_MS}: late evidence can reopen time whose log has been deleted, and such time cannot be judged`,
  ];
}

/** @throws ProgramError `invalid_configuration` that names what is missing before the vendor can be called. */
export function requireVendor(config: Config): VendorSettings {
  if (config.vendor !== undefined) return config.vendor;
  throw new ProgramError('invalid_configuration', vendorProblems(config).join('\n'));
}

function vendorProblems({ vendorMissing }: Config): string[] {
  return vendorMissing.map((name) => `${name}: must be set to call the vendor`);
}

function assemble(
  values: Values,
  correctKinds: ReadonlySet<FindingKind>,
  acwRules: readonly AcwRule[],
  secrets: readonly string[],
  wrong: ReadonlySet<string>,
): Config {
  return {
    database: values.ADHERENCE_DB,
    crons: {
      reconcile: values.ADHERENCE_RECONCILE_CRON,
      collect: values.ADHERENCE_COLLECT_CRON,
      prune: values.ADHERENCE_PRUNE_CRON,
      deferred: values.ADHERENCE_DEFERRED_CRON,
      acw: values.ADHERENCE_ACW_CRON,
      recheck: values.ADHERENCE_RECHECK_CRON,
    },
    policy: policyOf(values, correctKinds),
    maxWindowMs: values.ADHERENCE_MAX_WINDOW_SECONDS * 1000,
    minWindowMs: minWindowMs(values),
    backfillMs: values.ADHERENCE_BACKFILL_HOURS * HOUR_MS,
    lockMs: values.ADHERENCE_LOCK_DAYS * DAY_MS,
    recheckMs: values.ADHERENCE_RECHECK_HOURS * HOUR_MS,
    breakers: {
      maxCorrectionsPerRun: values.ADHERENCE_MAX_CORRECTIONS_PER_RUN,
      factor: values.ADHERENCE_BREAKER_FACTOR,
      clock: values.ADHERENCE_CLOCK_BREAKER,
      emptyShare: values.ADHERENCE_EMPTY_BREAKER_SHARE,
    },
    reportDir: values.ADHERENCE_REPORT_DIR,
    retentionMs: values.ADHERENCE_RETENTION_DAYS * DAY_MS,
    auditRetentionMs: values.ADHERENCE_AUDIT_RETENTION_DAYS * DAY_MS,
    vendor: vendorSettings(values),
    vendorMissing: missingForVendor(values, wrong),
    http: {
      host: values.HTTP_HOST,
      port: values.HTTP_PORT,
      tokens: values.HTTP_TOKENS ?? [],
      metricsPublic: values.HTTP_METRICS_PUBLIC,
    },
    webhookKeys: values.WEBHOOK_SECRET ?? [],
    skillChannels: values.ADHERENCE_SKILL_CHANNELS ?? new Map(),
    escalation:
      values.ADHERENCE_ESCALATION_URL === undefined
        ? undefined
        : { url: values.ADHERENCE_ESCALATION_URL, keys: values.ADHERENCE_ESCALATION_SECRET ?? [] },
    pingUrl: values.ADHERENCE_PING_URL,
    acwRules,
    token: values.ADHERENCE_TOKEN,
    logLevel: values.LOG_LEVEL,
    secrets,
  };
}

function policyOf(values: Values, correctKinds: ReadonlySet<FindingKind>): Policy {
  return {
    thresholdMs: values.ADHERENCE_DRIFT_THRESHOLD_MS,
    pairingToleranceMs: values.ADHERENCE_PAIRING_TOLERANCE_SECONDS * 1000,
    marginMs: values.ADHERENCE_MARGIN_SECONDS * 1000,
    shiftBandMs: values.ADHERENCE_SHIFT_BAND_SECONDS * 1000,
    shiftBandPolicy: values.ADHERENCE_SHIFT_BAND_POLICY,
    correctKinds,
    stateMap: values.ADHERENCE_STATE_MAP ?? new Map(),
    ignoredStates: values.ADHERENCE_IGNORED_STATES ?? new Set(),
    offlineStates: values.ADHERENCE_OFFLINE_STATES,
  };
}

function minWindowMs(values: Values): number {
  return Math.max(MIN_WINDOW_MS, values.ADHERENCE_PAIRING_TOLERANCE_SECONDS * 1000);
}
