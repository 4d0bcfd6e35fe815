/**
 * Why the state of an agent can or cannot be seen: from what `GET /agents/{agentId}/states` answered, to which token,
 * and what the telephony status says beside it, to a diagnosis. Nothing that is not an answer counts as "logged out".
 */
import {
  type NoAnswer,
  STATES_SCOPE,
  type StatesAnswer,
  type StatesToken,
  type StatusSeen,
} from './agent-state.ts';
import type { Check } from './checkup.ts';
import { formatInstant } from './instant.ts';

export type StatesVerdict =
  | 'logged_in'
  | 'offline'
  | 'not_logged_in'
  | 'hidden'
  | 'absent'
  | 'no_user_context'
  | 'scope_missing'
  | NoAnswer['kind'];

export type Diagnosis = Omit<Check, 'check'> & { readonly verdict: StatesVerdict };

export interface StatesQuestion {
  readonly answer: StatesAnswer;
  readonly token: StatesToken;
  readonly status: StatusSeen;
}

const LOG_IN = 'Run `adherence login`, which gets a token that acts for a person.';
const DESKTOP = 'Have the agent open CXone Desktop and click "Log In".';
const SKILLS =
  'See that the agent is fully provisioned under Admin > Users > Agents, with at least one skill group.';

export const SCOPE_MISSING = `The token lacks the scope ${STATES_SCOPE}.`;
export const ADD_SCOPE =
  `Add ${STATES_SCOPE} under Admin > Security > OAuth Clients, regenerate the client secret, and check that ` +
  'CXONE_SCOPES has it.';

/** Whether the vendor named the scopes, and not the one that is needed: it may answer with nothing instead of 403. */
export function lacksScope({ scopes }: StatesToken): boolean {
  return scopes !== undefined && !scopes.includes(STATES_SCOPE);
}

/** The table: answer × grant × what else is known → what it means and what to do. */
export function explainStates({ answer, token, status }: StatesQuestion): Diagnosis {
  switch (answer.kind) {
    case 'states': {
      const { type, name, at } = answer.current;
      const says = `Logged in. Type: ${type}, name: ${name}, since ${formatInstant(at)}`;
      const means = 'The token is shown the state of this agent.';
      return type.trim().toLowerCase() === 'offline'
        ? { verdict: 'offline', level: 'ok', says: says.replace('Logged in', 'Offline'), means }
        : { verdict: 'logged_in', level: 'ok', says, means };
    }
    case 'empty':
      return explainNothing('200 with no states', token, status);
    case 'not_found':
      return explainNothing('404', token, status);
    default:
      return explainNoAnswer(answer, token);
  }
}

/** No states: told apart as far as the token and the telephony status allow. */
function explainNothing(says: string, token: StatesToken, status: StatusSeen): Diagnosis {
  if (lacksScope(token)) {
    return {
      verdict: 'scope_missing',
      level: 'problem',
      says,
      means: `${SCOPE_MISSING} So the answer says nothing about the agent.`,
      todo: ADD_SCOPE,
    };
  }
  if (token.grant === 'client_credentials') {
    return {
      verdict: 'no_user_context',
      level: 'problem',
      says: `${says}, to a client_credentials token`,
      means: 'That grant has no user context, so the answer says nothing about the agent.',
      todo: LOG_IN,
    };
  }
  if (typeof status === 'object' && status.isOffline) {
    return {
      verdict: 'not_logged_in',
      level: 'warning',
      says: `${says}; the telephony status is ${status.state}`,
      means: 'The agent is not logged in. The vendor shows states of active sessions only.',
      todo: DESKTOP,
    };
  }
  if (typeof status === 'object') {
    return {
      verdict: 'hidden',
      level: 'warning',
      says: `${says}; yet the telephony status is ${status.state}`,
      means: `The agent is logged in, but the states are not shown to this token. ${visibility(token)}`,
      todo: `${SKILLS} ${permission(token)}`,
    };
  }
  return explainAbsent(says, token, status);
}

function explainAbsent(says: string, token: StatesToken, status: 'absent' | 'unknown'): Diagnosis {
  const beside =
    status === 'absent' ? 'the telephony status answers 404 too' : 'the telephony status is not known';
  return {
    verdict: 'absent',
    level: 'warning',
    says: `${says}; ${beside}`,
    means:
      'The agent is not logged in, or is in no skill group: the vendor answers the same to both. The agent id is the ' +
      `one that /api/v2/users gives. ${visibility(token)}`,
    todo: `${DESKTOP} If that changes nothing: ${SKILLS} ${permission(token)}`,
  };
}

/** What a token may not see. */
function visibility({ isOwn }: StatesToken): string {
  if (isOwn === true) return "The token is the agent's own.";
  return isOwn === false
    ? 'The token is that of another user: it is shown only the agents whom that user may view.'
    : 'Whose token it is cannot be told: one of another user is shown only the agents whom that user may view.';
}

function permission({ isOwn }: StatesToken): string {
  return isOwn === true
    ? ''
    : 'Or give the user behind the token the right to view this agent, or log in as the agent.';
}

function explainNoAnswer({ kind, message }: NoAnswer, token: StatesToken): Diagnosis {
  if (kind === 'forbidden') return explainForbidden(message, token);
  return { verdict: kind, level: 'problem', says: message, ...NO_ANSWER[kind] };
}

/** What it means, and what to do, when there was no answer to the question. */
export const NO_ANSWER: Readonly<
  Record<Exclude<NoAnswer['kind'], 'forbidden'>, { readonly means: string; readonly todo: string }>
> = {
  unauthorized: {
    means: 'The vendor does not take the token or what it is got with. It says nothing about the agent.',
    todo: 'Check the credentials that the line names, or run `adherence login` again.',
  },
  malformed: {
    means:
      'The answer is not what the contract says, which is not the same as empty. It says nothing about the agent.',
    todo: 'Keep the line and ask the vendor.',
  },
  rejected: {
    means: 'The vendor says that the request is wrong. It says nothing about the agent.',
    todo: 'Check CXONE_REGION or CXONE_BASE_URL.',
  },
  unreachable: {
    means: 'The vendor could not be asked. It says nothing about the agent: not that anybody is logged out.',
    todo: 'Check the network and the vendor, then ask again.',
  },
};

/** 403: the scope, the grant, or the rights of the token's user. */
export function explainForbidden(message: string, token: StatesToken): Diagnosis {
  const { grant } = token;
  if (lacksScope(token)) {
    return {
      verdict: 'scope_missing',
      level: 'problem',
      says: message,
      means: SCOPE_MISSING,
      todo: ADD_SCOPE,
    };
  }
  if (grant === 'client_credentials') {
    return {
      verdict: 'no_user_context',
      level: 'problem',
      says: message,
      means: 'A client_credentials token has no user context, and cannot read the states of an agent.',
      todo: LOG_IN,
    };
  }
  return {
    verdict: 'forbidden',
    level: 'problem',
    says: message,
    means: `The token's user may not read agents' states, or the scope ${STATES_SCOPE} is missing.`,
    todo: `Check ${STATES_SCOPE} under Admin > Security > OAuth Clients, and the role of the user behind the token.`,
  };
}
