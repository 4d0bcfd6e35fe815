import type { AgentStateEntry, NoAnswer, StatesToken } from './agent-state.ts';
import type { Check } from './checkup.ts';
import { explainForbidden, NO_ANSWER } from './explain-states.ts';
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
    return {
      level: 'warning',
      says: 'GET /agents/states answers [], an empty list',
      means: emptyList(token),
      todo: token.grant === 'client_credentials' ? `Run \`adherence login\`. ${SINGLE}` : SINGLE,
    };
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

function emptyList({ grant }: StatesToken): string {
  return grant === 'client_credentials'
    ? 'A client_credentials token has no user context, so nobody is visible to it.'
    : 'Nobody is visible to this token, or nobody is logged in: the vendor says the same to both.';
}

function explainNoList(answer: NoAnswer, token: StatesToken): Explained {
  const { kind, message } = answer;
  if (kind !== 'forbidden') return { level: 'problem', says: message, ...NO_ANSWER[kind] };
  const { level, says, means, todo } = explainForbidden(message, token);
  return { level, says, means, ...(todo !== undefined && { todo }) };
}
