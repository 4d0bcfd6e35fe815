import type { AgentStateEntry, NoAnswer, StatesToken } from './agent-state.ts';
import type { Check } from './checkup.ts';
import { ADD_SCOPE, explainForbidden, lacksScope, NO_ANSWER, SCOPE_MISSING } from './explain-states.ts';
import { formatInstant } from './instant.ts';

/** What `GET /agents/states` said: how many agents it lists, and the one asked about, if any and if listed. */
export type ListAnswer =
  | { readonly kind: 'list'; readonly agents: number; readonly current: AgentStateEntry | undefined }
  | NoAnswer;

export interface ListQuestion {
  readonly answer: ListAnswer;
  readonly token: StatesToken;
  /** Whether one agent is asked about; otherwise the list as such. */
  readonly isOfOne: boolean;
}

type Explained = Omit<Check, 'check'>;

const SINGLE =
  'To ask about one agent use GET /agents/{agentId}/states, as `adherence doctor --username U` does: the global list ' +
  "is for supervisors' dashboards.";

/** What the global list tells, and what it does not. */
export function explainList({ answer, token, isOfOne }: ListQuestion): Explained {
  if (answer.kind !== 'list') return explainNoList(answer, token);
  const { agents, current } = answer;
  if (agents === 0) {
    const says = 'GET /agents/states answers [], an empty list';
    return { level: 'warning', says, ...explainEmpty(token) };
  }
  const says = `GET /agents/states lists ${agents} ${agents === 1 ? 'agent' : 'agents'}`;
  if (!isOfOne) return { level: 'ok', says, means: 'The token is shown who is logged in.' };
  if (current !== undefined) {
    const { type, name, at } = current;
    return {
      level: 'ok',
      says: `${says}, this one as ${type}, ${name} since ${formatInstant(at)}`,
      means: 'The agent is logged in, and the token may see it.',
    };
  }
  return {
    level: 'warning',
    says: `${says}, this one not`,
    means: 'The agent is not logged in, or this token is not shown it.',
    todo: SINGLE,
  };
}

function explainEmpty(token: StatesToken): Pick<Explained, 'means' | 'todo'> {
  if (lacksScope(token)) return { means: SCOPE_MISSING, todo: `${ADD_SCOPE} ${SINGLE}` };
  if (token.grant === 'client_credentials') {
    return {
      means: 'A client_credentials token has no user context, so nobody is visible to it.',
      todo: `Run \`adherence login\`. ${SINGLE}`,
    };
  }
  return {
    means: 'Nobody is visible to this token, or nobody is logged in: the vendor says the same to both.',
    todo: SINGLE,
  };
}

function explainNoList(answer: NoAnswer, token: StatesToken): Explained {
  const { kind, message } = answer;
  if (kind !== 'forbidden') return { level: 'problem', says: message, ...NO_ANSWER[kind] };
  const { level, says, means, todo } = explainForbidden(message, token);
  return { level, says, means, ...(todo !== undefined && { todo }) };
}
