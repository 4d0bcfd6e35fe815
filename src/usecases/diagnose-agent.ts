import type { AgentStateEntry, StatesAnswer, StatesToken, StatusSeen } from '../domain/agent-state.ts';
import type { Check } from '../domain/checkup.ts';
import { explainList, type ListAnswer } from '../domain/explain-list.ts';
import { explainStates, NO_ANSWER, type StatesVerdict } from '../domain/explain-states.ts';
import { formatInstant } from '../domain/instant.ts';
import { explainDatabase } from './diagnose-database.ts';
import { explainKnown, explainOtherName, explainUnknown } from './diagnose-known.ts';
import { type DoctorDeps, explainConfiguration } from './diagnose-program.ts';
import { explainNoPerson, explainNoToken, serviceTokenOf, statesTokenOf } from './diagnose-token.ts';
import type { AgentStatus, DiagnosisVendor, ListedAgent, TokenSeen, VendorUser } from './ports.ts';
import { type Answer, answerOf } from './vendor-answer.ts';

/** A step of the diagnosis; the steps that find them out carry the user and the verdict. */
export interface AgentCheck extends Check {
  readonly user?: VendorUser;
  readonly verdict?: StatesVerdict;
}

const PROFILE =
  'Go to Admin > Users, select the user, and assign an Agent profile and at least one Skill Group.';

/**
 * Why the state of one user can or cannot be seen, step by step, and then what this program knows. No failure to ask is
 * taken for an answer.
 */
export async function* diagnoseAgent(
  deps: DoctorDeps,
  username: string,
  signal: AbortSignal,
): AsyncGenerator<AgentCheck> {
  const configuration = explainConfiguration(deps.configuration);
  if (configuration.some(({ level }) => level !== 'ok')) yield* configuration;
  const user = deps.vendor === undefined ? undefined : yield* askVendor(deps, deps.vendor, username, signal);
  yield* whatIsKnown(deps, username, user);
}

/** What the database has of the user; where it cannot be read, why. */
async function* whatIsKnown(
  { store, survey, clock }: DoctorDeps,
  username: string,
  user: VendorUser | undefined,
): AsyncGenerator<AgentCheck> {
  if (store === undefined) {
    yield* explainDatabase(survey).filter(({ level }) => level !== 'ok');
    return;
  }
  const known = await store.knownAgents(user?.userId ?? username);
  yield* known.map((agent) => explainKnown(agent, user, clock.now()));
  if (known.length === 0 && user?.agentId !== undefined) yield explainUnknown(user);
}

/** @returns the user whom the vendor found. */
async function* askVendor(
  deps: DoctorDeps,
  vendor: DiagnosisVendor,
  username: string,
  signal: AbortSignal,
): AsyncGenerator<AgentCheck, VendorUser | undefined> {
  const service = await serviceTokenOf(vendor, signal);
  if ('kind' in service) {
    yield explainNoToken(service);
    return undefined;
  }
  const found = await answerOf(() => vendor.findUser(username, signal));
  if ('kind' in found) {
    const { kind, message } = found;
    const todo = 'Give the account the scope user:read under Admin > Security > OAuth Clients.';
    const words = kind === 'forbidden' ? { means: 'Users cannot be looked up.', todo } : NO_ANSWER[kind];
    yield { check: 'user', level: 'problem', says: message, ...words };
    return undefined;
  }
  if (found.value === undefined) {
    yield explainOtherName(username, (await deps.store?.knownAgents(username)) ?? []);
    return undefined;
  }
  yield* askAbout(deps, vendor, found.value, service, signal);
  return found.value;
}

async function* askAbout(
  deps: DoctorDeps,
  vendor: DiagnosisVendor,
  user: VendorUser,
  service: TokenSeen,
  signal: AbortSignal,
): AsyncGenerator<AgentCheck> {
  const { userId, username, agentId, name } = user;
  const called = name === undefined ? '' : ` (${name})`;
  const means = 'The user exists. Reports, schedules and the CSV go by the user id.';
  yield { check: 'user', level: 'ok', says: `Username ${username}${called}, user id ${userId}`, means, user };
  if (agentId === undefined) {
    yield {
      check: 'agent',
      level: 'problem',
      says: 'User is not an Agent',
      means: 'The user exists, but has no agent id: no agent role is assigned. There are no states to see.',
      todo: PROFILE,
    };
    return;
  }
  yield {
    check: 'agent',
    level: 'ok',
    says: `Agent id ${agentId}`,
    means: 'The user has an agent role. The states endpoints go by this id and by no other.',
  };
  const token = await statesTokenOf(vendor, service, signal);
  if ('kind' in token) yield explainNoPerson(token);
  else yield* askStates(deps, vendor, { ...user, agentId }, token, signal);
}

async function* askStates(
  { isOffline }: DoctorDeps,
  vendor: DiagnosisVendor,
  { userId, agentId, username }: VendorUser & { readonly agentId: string },
  seen: TokenSeen,
  signal: AbortSignal,
): AsyncGenerator<AgentCheck> {
  const token: StatesToken = { grant: seen.grant, scopes: seen.scopes, isOwn: isOwn(seen, username) };
  yield explainWhose(seen, token);
  const status = await answerOf(() => vendor.agentStatus(userId, signal));
  const statusSeen = toStatusSeen('value' in status ? status.value : 'unknown', isOffline);
  const states = await answerOf(() => vendor.agentStates(agentId, signal));
  yield { check: 'states', ...explainStates({ answer: toStates(states), token, status: statusSeen }) };
  yield explainStatus(status);
  const list = await answerOf(() => vendor.allAgentStates(signal));
  yield { check: 'global list', ...explainList({ answer: toList(list, agentId), token, isOfOne: true }) };
}

function isOwn(token: TokenSeen, username: string): boolean | undefined {
  if (!token.hasUserContext) return false;
  return token.username === undefined ? undefined : token.username.toLowerCase() === username.toLowerCase();
}

/** Whose token the states are asked with. */
function explainWhose({ grant, username, hasUserContext }: TokenSeen, { isOwn: own }: StatesToken): Check {
  const check = 'token';
  if (!hasUserContext) {
    return {
      check,
      level: 'warning',
      says: `${grant}, that of the service account`,
      means: 'That grant has no user context. The states of an agent cannot be read with it.',
      todo: 'Run `adherence login`, which gets a token that acts for a person.',
    };
  }
  const whose = username === undefined ? 'that of whoever logged in' : `that of ${username}`;
  const says = `${grant}, ${whose}`;
  if (own === true)
    return { check, level: 'ok', says, means: 'It is the token of the very user asked about.' };
  const means = 'It acts for a person. Of other users it is shown only those whom that person may view.';
  return { check, level: 'ok', says, means };
}

function toStatusSeen(
  status: AgentStatus | undefined | 'unknown',
  isOffline: (state: string) => boolean,
): StatusSeen {
  if (status === 'unknown') return 'unknown';
  return status === undefined ? 'absent' : { state: status.state, isOffline: isOffline(status.state) };
}

function toStates(answer: Answer<readonly AgentStateEntry[] | undefined>): StatesAnswer {
  if ('kind' in answer) return answer;
  if (answer.value === undefined) return { kind: 'not_found' };
  const [current] = answer.value;
  return current === undefined ? { kind: 'empty' } : { kind: 'states', current };
}

function toList(answer: Answer<readonly ListedAgent[]>, agentId: string): ListAnswer {
  if ('kind' in answer) return answer;
  const listed = answer.value.filter(({ current }) => current !== undefined);
  return {
    kind: 'list',
    agents: listed.length,
    current: listed.find((one) => one.agentId === agentId)?.current,
  };
}

/** The telephony status, which the service account reads by the user id and which is what gets into the log. */
function explainStatus(answer: Answer<AgentStatus | undefined>): Check {
  const check = 'telephony status';
  if ('kind' in answer) {
    const { kind, message } = answer;
    const todo = 'Give the account the scope and the role, under Admin > Security > OAuth Clients.';
    const words =
      kind === 'forbidden' ? { means: 'Collecting cannot read this agent.', todo } : NO_ANSWER[kind];
    return { check, level: 'problem', says: message, ...words };
  }
  if (answer.value === undefined) {
    return {
      check,
      level: 'ok',
      says: 'GET /users/{userId}/agentStatus answers 404',
      means: 'The agent counts as absent here: nothing is claimed until the next transition.',
    };
  }
  const { state, updatedAt } = answer.value;
  return {
    check,
    level: 'ok',
    says: `${state} since ${formatInstant(updatedAt)}`,
    means: 'This is what gets into the event log, at the instant of the engine.',
  };
}
