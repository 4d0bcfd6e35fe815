import type { AgentStateEntry } from '../domain/agent-state.ts';
import type { ListedAgent } from '../usecases/ports.ts';
import type { Call, Calls } from './calls.ts';
import { malformed, parseAnswer, pathSegment, wireInstant, wireList, wireObject, wireText } from './wire.ts';

const states = wireList(wireObject({ type: wireText, name: wireText, timestamp: wireInstant }));
const statesSchema = wireObject({ states });
const listSchema = wireList(wireObject({ agentId: wireText, states }));

/**
 * The states of one agent, the current one first (vendor-api.md 2); maybe none, and `undefined` for a 404: three
 * answers, and none of them a failure. Throws otherwise as `Calls.read` does; a missing field is `vendor_malformed`.
 */
export async function fetchAgentStates(
  calls: Calls,
  agentId: string,
  signal?: AbortSignal,
): Promise<readonly AgentStateEntry[] | undefined> {
  const call = statesCall(`states of agent ${agentId}`, `/api/v2/agents/${pathSegment(agentId)}/states`);
  const answer = await calls.read(call, signal, 404);
  if (answer.status === 404) return undefined;
  return parseAnswer(call, statesSchema, answer.text).states.map(toEntry);
}

/**
 * The states of everybody whom the token may see and who is logged in. Throws as above, and `vendor_malformed` for an
 * agent who is listed twice: the two could contradict each other.
 */
export async function fetchAllAgentStates(
  calls: Calls,
  signal?: AbortSignal,
): Promise<readonly ListedAgent[]> {
  const call = statesCall("list of agents' states", '/api/v2/agents/states');
  const answer = await calls.read(call, signal);
  const listed = parseAnswer(call, listSchema, answer.text);
  const seen = new Set<string>();
  return listed.map(({ agentId, states: [first] }, index) => {
    if (seen.has(agentId))
      throw malformed(call, `[${index}].agentId`, 'listed once', 'an agent listed before');
    seen.add(agentId);
    return { agentId, current: first && toEntry(first) };
  });
}

function toEntry({
  type,
  name,
  timestamp,
}: {
  type: string;
  name: string;
  timestamp: number;
}): AgentStateEntry {
  return { type, name, at: timestamp };
}

function statesCall(what: string, path: string): Call {
  return {
    family: 'states',
    lane: 'collecting',
    what,
    scope: 'agent:state:read',
    request: { method: 'GET', path, headers: {} },
  };
}
