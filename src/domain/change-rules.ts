import type { Change, WantedStatus } from './change.ts';
import { decideChannels, type SkillChannels } from './channels.ts';
import type { Instant } from './instant.ts';
import { isSessionWord, type Session } from './session.ts';
import { type AgentStatus, isOffline, normalizeState, ourWord, type StateWords } from './state.ts';

/** A state at the engine's own instant. */
export interface StateAt {
  readonly state: string;
  readonly at: Instant;
}

/** What was read of an agent before deciding. */
export interface AgentView {
  /** `undefined` when the agent is absent (404). */
  readonly status: AgentStatus | undefined;
  readonly sessions: readonly Session[];
}

/** What happened since a change was put off or sent. */
export interface Meanwhile {
  /** What the event log has since `loggedFrom`, in order of time. */
  readonly logged: readonly StateAt[];
  /** Up to when sessions of the agent were up that the change waited for; now, while they are. */
  readonly sessionsUntil: Instant;
}

/** The tenant's words and channels. */
export interface ChangeRules extends StateWords {
  readonly skillChannels: SkillChannels;
}

export type ChangeDecision =
  | { readonly does: 'send'; readonly wanted: WantedStatus; readonly why: string }
  /** An earlier sending took effect, though nobody answered it. */
  | { readonly does: 'applied'; readonly seen: StateAt; readonly why: string }
  | { readonly does: 'wait'; readonly waitingFor: readonly string[]; readonly why: string }
  | {
      readonly does: 'already_applied' | 'refused' | 'void' | 'expired' | 'superseded';
      readonly why: string;
    };

/** After this many sendings of one request, the last unanswered, another one would tell nothing new. */
const MOST_SENDINGS = 3;

/** How far the engine's clock may be behind ours where its instant says whether a sending took effect. */
const CLOCK_SLACK_MS = 5_000;

/** From when on (exclusively) the event log is needed to decide about a change; `undefined` when it is not. */
export function loggedFrom(change: Change): Instant | undefined {
  const { unansweredAt } = change;
  const from = meantFrom(change);
  const instants = [
    ...(from === undefined ? [] : [from]),
    ...(unansweredAt === undefined ? [] : [unansweredAt - CLOCK_SLACK_MS - 1]),
  ];
  return instants.length === 0 ? undefined : Math.min(...instants);
}

/**
 * Since when (exclusively) a change that was put off may have become one for another world: its baseline's instant.
 * One whose agent could not be read has none and is meant for what he was when it was asked for, by our clock, give or
 * take. `undefined` for a wish of this moment.
 */
function meantFrom({ baseline, why, requestedAt }: Change): Instant | undefined {
  if (baseline !== undefined) return baseline.updatedAt;
  return why === undefined ? undefined : requestedAt + CLOCK_SLACK_MS;
}

/**
 * What is to be done about a change, from what was just read of the agent. A change that was put off is void in a
 * world that it was not meant for; any other is a person's wish of this moment.
 */
export function decideChange(
  change: Change,
  view: AgentView,
  meanwhile: Meanwhile,
  rules: ChangeRules,
  now: Instant,
): ChangeDecision {
  const { status, sessions } = view;
  const seen = effectOf(change, status, meanwhile);
  if (seen !== undefined) return { does: 'applied', seen, why: 'the sending took effect, though unanswered' };
  if (change.supersededBy !== undefined) {
    return { does: 'superseded', why: `superseded by ${change.supersededBy}` };
  }
  if (now >= change.deadlineAt) return { does: 'expired', why: 'its time ran out before it could be sent' };
  if (status === undefined) return withoutAgent(change);
  if (isReached(change.wanted, status.state, rules)) {
    return { does: 'already_applied', why: `the agent is ${change.wanted.state} already` };
  }
  const reason = voidReason(change, status, meanwhile, rules);
  if (reason !== undefined) return { does: 'void', why: reason };
  return decideSending(change, status.state, sessions, rules);
}

/** Where a sending that nobody answered shows to have taken effect. */
function effectOf(
  { unansweredAt, wanted }: Change,
  status: AgentStatus | undefined,
  { logged }: Meanwhile,
): StateAt | undefined {
  if (unansweredAt === undefined) return undefined;
  const seen = status === undefined ? logged : [...logged, { state: status.state, at: status.updatedAt }];
  return seen.find(({ state, at }) => isState(wanted.state, state) && at >= unansweredAt - CLOCK_SLACK_MS);
}

/** Whether nothing is left to be sent. What groups are in cannot be read, so naming some means sending. */
function isReached(
  { state, skillGroups, routingGroups }: WantedStatus,
  current: string,
  rules: ChangeRules,
): boolean {
  if (skillGroups.length > 0 || routingGroups.length > 0) return false;
  return isState(state, current) || (state === 'offline' && isOffline(current, rules));
}

function isState(wanted: string, current: string): boolean {
  return normalizeState(current) === wanted;
}

function withoutAgent({ baseline, wanted }: Change): ChangeDecision {
  const why = 'the agent is absent: not logged in, in no skill group, or unknown to the vendor';
  if (baseline === undefined) return { does: 'refused', why };
  if (wanted.state === 'offline') return { does: 'already_applied', why: 'the agent has logged out' };
  return { does: 'void', why };
}

/**
 * Why a change that was put off is not meant for the agent as he is now: he logged out, or was set to something else
 * in any other way than by his sessions ending. `undefined` when nothing of the kind has happened.
 */
function voidReason(
  change: Change,
  status: AgentStatus,
  { logged, sessionsUntil }: Meanwhile,
  { stateMap, offlineStates }: ChangeRules,
): string | undefined {
  const { baseline, wanted } = change;
  const from = meantFrom(change);
  if (from === undefined) return undefined;
  const before = baseline && ourWord(baseline.state, stateMap);
  const isNews = ({ at }: StateAt) => at > from;
  const now = { state: status.state, at: status.updatedAt };
  const since = [...logged.filter(isNews), ...(baseline !== undefined || isNews(now) ? [now] : [])];
  for (const { state, at } of since) {
    const word = ourWord(state, stateMap);
    if (word === before || isSessionWord(word) || word === 'available') continue;
    // Which sessions an agent had whom nobody could read is not known.
    if (word === 'busy' && (baseline === undefined || at <= sessionsUntil)) continue;
    if (!offlineStates.has(word)) return `somebody else set the agent to ${state}`;
    if (wanted.state !== 'offline' || at !== status.updatedAt) return 'the agent has logged out';
  }
  return undefined;
}

function decideSending(
  { wanted, sendings, unansweredAt, waitingFor }: Change,
  state: string,
  sessions: readonly Session[],
  { skillChannels, stateMap }: ChangeRules,
): ChangeDecision {
  const channels = decideChannels(sessions, wanted, skillChannels);
  if (channels.when === 'later') return { does: 'wait', waitingFor: channels.waitFor, why: channels.why };
  const { beside } = channels;
  const stillUp = beside.filter((sessionId) => waitingFor.includes(sessionId));
  if (stillUp.length > 0) {
    return { does: 'wait', waitingFor: stillUp, why: 'what it was put off for is still up' };
  }
  if (beside.length === 0 && isSessionWord(ourWord(state, stateMap))) {
    return { does: 'wait', waitingFor: [], why: `the agent is in ${state}, of a session that is not listed` };
  }
  if (unansweredAt !== undefined && sendings >= MOST_SENDINGS) {
    return { does: 'wait', waitingFor: [], why: `it was sent ${sendings} times without an answer` };
  }
  const why = beside.length === 0 ? 'no session is up' : 'each session keeps a state of its own channel';
  return { does: 'send', wanted: channels.wanted, why };
}
