/**
 * Every environment variable of the program (surface.md, Configuration). What reads them, `.env.example` and the
 * README's table all come from here.
 */
import { normalizeState } from '../domain/state.ts';
import { httpTokens, webhookSecrets } from './credentials.ts';
import {
  baseUrl,
  cron,
  decimal,
  either,
  list,
  oneOf,
  type Parse,
  pairs,
  region,
  scopes,
  states,
  text,
  url,
  wholeNumber,
} from './values.ts';

export interface Variable<T> {
  readonly parse: Parse<T>;
  /** As it would be written in the environment. */
  readonly default: string | undefined;
  /** May come from a file (`X_FILE`), and is never shown. */
  readonly secret: boolean;
  readonly description: string;
}

function given<T>(parse: Parse<T>, fallback: string, description: string): Variable<T> {
  return { parse, default: fallback, secret: false, description };
}

function optional<T>(parse: Parse<T>, description: string): Variable<T | undefined> {
  return { parse, default: undefined, secret: false, description };
}

function secret<T>(parse: Parse<T>, description: string): Variable<T | undefined> {
  return { parse, default: undefined, secret: true, description };
}

const seconds = (min: number, max: number): Parse<number> =>
  wholeNumber(min, max, 'a whole number of seconds');
const hours = (max: number): Parse<number> => wholeNumber(1, max, 'a whole number of hours');
const days = wholeNumber(1, 36_500, 'a whole number of days');

export const VARIABLES = {
  ADHERENCE_DB: given(text, './data/adherence.db', 'The database file.'),
  ADHERENCE_RECONCILE_CRON: given(
    cron,
    '*/15 * * * *',
    'When the log is compared with the report; UTC, off to disable.',
  ),
  ADHERENCE_COLLECT_CRON: given(cron, '* * * * *', "When agents' states are polled; UTC, off to disable."),
  ADHERENCE_PRUNE_CRON: given(
    cron,
    '17 3 * * *',
    'When what retention allows to go is deleted; UTC, off to disable.',
  ),
  ADHERENCE_MARGIN_SECONDS: given(
    seconds(0, 86_400),
    '300',
    'How long the report is left to settle; at least twice the pairing tolerance.',
  ),
  ADHERENCE_PAIRING_TOLERANCE_SECONDS: given(
    seconds(1, 3_600),
    '60',
    'How far apart a transition and its image in the report may lie.',
  ),
  ADHERENCE_MAX_WINDOW_SECONDS: given(
    seconds(60, 604_800),
    '86400',
    'Longest window, so longest range asked of the vendor in one call.',
  ),
  ADHERENCE_DRIFT_THRESHOLD_MS: given(
    wholeNumber(0, 3_600_000, 'a whole number of milliseconds'),
    '2000',
    'A difference must be longer than this to be flagged.',
  ),
  ADHERENCE_SHIFT_BAND_SECONDS: given(
    seconds(0, 3_600),
    '30',
    "A transition this close to a shift's edge is flagged.",
  ),
  ADHERENCE_SHIFT_BAND_POLICY: given(
    oneOf('review', 'adjust'),
    'review',
    'Whether drift in the shift band is reviewed by a person (review) or corrected (adjust).',
  ),
  ADHERENCE_CORRECT_KINDS: given(
    list,
    'boundary_drift',
    'Kinds corrected without review, with commas between: boundary_drift, missing_in_report, state_mismatch; or none.',
  ),
  ADHERENCE_MAX_CORRECTIONS_PER_RUN: given(
    wholeNumber(0, 1_000_000_000, 'a whole number of corrections'),
    '5000',
    "Circuit breaker: past it the run's corrections are held for a person.",
  ),
  ADHERENCE_BREAKER_FACTOR: given(
    decimal(0, 1_000_000, 'a number'),
    '4',
    'Likewise past this many times the usual corrections per judged agent-hour; 0 is off.',
  ),
  ADHERENCE_CLOCK_BREAKER: given(
    either('on', 'off'),
    'on',
    "Likewise when a run's pairs are all off by about the same; on or off.",
  ),
  ADHERENCE_EMPTY_BREAKER_SHARE: given(
    decimal(0, 1, 'a share'),
    '0.1',
    'Likewise when the report is empty for more than this share of the agents who work; 0 is off.',
  ),
  ADHERENCE_BACKFILL_HOURS: given(hours(87_600), '24', 'How far back an agent is caught up at most.'),
  ADHERENCE_LOCK_DAYS: given(
    days,
    '14',
    'Older time is closed: a transition that arrives for it reopens nothing.',
  ),
  ADHERENCE_STATE_MAP: optional(
    pairs('Wrap Up=acw,Ready=available', normalizeState),
    "The vendor's words for states and ours: Wrap Up=acw,Ready=available.",
  ),
  ADHERENCE_IGNORED_STATES: optional(
    states,
    'States that count as the one before them, with commas between.',
  ),
  ADHERENCE_OFFLINE_STATES: given(
    states,
    'offline',
    'States in which nothing is missing from the report, with commas between.',
  ),
  ADHERENCE_REPORT_DIR: given(text, './data/reports', "Where the worker leaves each run's CSV."),
  ADHERENCE_RETENTION_DAYS: given(
    days,
    '90',
    'How long the event log, runs, sessions and settled changes are kept.',
  ),
  ADHERENCE_AUDIT_RETENTION_DAYS: given(
    days,
    '2555',
    'How long findings, corrections, reviews, overrides, their history and the audit are kept.',
  ),
  CXONE_REGION: optional(region, 'The region of the API, such as us-1; this or CXONE_BASE_URL.'),
  CXONE_BASE_URL: optional(baseUrl, 'The whole URL of the API; plain http: only to a loopback address.'),
  CXONE_GRANT: given(
    oneOf('client_credentials', 'password', 'refresh_token'),
    'client_credentials',
    'How tokens are got: client_credentials, password or refresh_token.',
  ),
  CXONE_CLIENT_ID: optional(text, 'The client id.'),
  CXONE_CLIENT_SECRET: secret(text, 'The client secret.'),
  CXONE_USERNAME: optional(text, 'The user of the password grant.'),
  CXONE_PASSWORD: secret(text, 'The password of the password grant.'),
  CXONE_REFRESH_TOKEN: secret(
    text,
    "A person's refresh token to begin with, taken over once; or log in instead.",
  ),
  CXONE_SCOPES: given(
    scopes,
    'agent:read agent:write agent:state:read user:read telephony:write report:read session:manage',
    'The scopes asked for, with spaces between.',
  ),
  CXONE_ALLOW_PASSWORD_GRANT: given(
    either('true', 'false'),
    'false',
    'Must be true for the password grant, which is for testing only.',
  ),
  CXONE_MAX_CONCURRENCY: given(
    wholeNumber(1, 1_024, 'a whole number of requests'),
    '32',
    'Most requests under way at once.',
  ),
  CXONE_MAX_REQUESTS_PER_SECOND: given(
    decimal(0, 1_000_000, 'a number of requests'),
    '100',
    'Most requests begun in a second; 0 is no limit.',
  ),
  CXONE_TIMEOUT_SECONDS: given(decimal(0.1, 600, 'a number of seconds'), '15', 'Longest wait for an answer.'),
  HTTP_HOST: given(text, '127.0.0.1', 'The address the HTTP service listens on.'),
  HTTP_PORT: given(wholeNumber(0, 65_535, 'a port'), '8080', 'Its port; 0 is any free one.'),
  HTTP_TOKENS: secret(
    httpTokens,
    'Who may use it: lines name:role:sha256-of-token; roles analyst, ops, supervisor.',
  ),
  HTTP_METRICS_PUBLIC: given(
    either('true', 'false'),
    'false',
    'Whether others than loopback may read the metrics.',
  ),
  WEBHOOK_SECRET: secret(
    webhookSecrets,
    'The secret that webhooks are signed with, whsec_ and base64; two with a comma between while one replaces the other.',
  ),
  ADHERENCE_DEFERRED_CRON: given(
    cron,
    '*/10 * * * * *',
    'When queued status changes are looked at; UTC, off to disable.',
  ),
  ADHERENCE_ACW_CRON: given(cron, '*/5 * * * * *', 'When after-call work is looked at; UTC, off to disable.'),
  ADHERENCE_SKILL_CHANNELS: optional(
    pairs('sk_voice=voice,sk_chat=webchat'),
    'The channel of each skill: sk_voice=voice,sk_chat=webchat.',
  ),
  ADHERENCE_RECHECK_CRON: given(
    cron,
    '47 2 * * *',
    'When what was judged is looked at again; UTC, off to disable.',
  ),
  ADHERENCE_RECHECK_HOURS: given(hours(8_760), '26', 'How far back that goes.'),
  ADHERENCE_ESCALATION_URL: secret(url, 'Where escalations are posted.'),
  ADHERENCE_ESCALATION_SECRET: secret(
    webhookSecrets,
    'What they are signed with, whsec_ and base64; two with a comma between while one replaces the other.',
  ),
  ADHERENCE_PING_URL: secret(url, 'What is called after each good run, so that silence is noticed.'),
  ADHERENCE_ACW_RULES: optional(text, 'Path of a JSON file: which session must have which after-call work.'),
  ADHERENCE_TOKEN: secret(text, 'Who is at the command line: a token of HTTP_TOKENS.'),
  LOG_LEVEL: given(
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'info',
    'How much is logged: trace, debug, info, warn, error, fatal or silent.',
  ),
} as const;

export type VariableName = keyof typeof VARIABLES;

/** What the variables hold after reading; those without default may be absent. */
export type Values = {
  readonly [Name in VariableName]: (typeof VARIABLES)[Name] extends Variable<infer T> ? T : never;
};

/** The text of `.env.example`: copied as it stands it changes nothing, because an empty variable counts as absent. */
export function envExample(): string {
  const entries = Object.entries(VARIABLES).map(([name, variable]) => {
    const file = variable.secret ? ` Or ${name}_FILE, the path of a file that holds it.` : '';
    return `# ${variable.description}${file}\n${name}=${variable.default ?? ''}\n`;
  });
  return entries.join('\n');
}
