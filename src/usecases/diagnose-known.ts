import type { Check } from '../domain/checkup.ts';
import { formatInstant, type Instant } from '../domain/instant.ts';
import { ago } from './diagnose-schedule.ts';
import type { KnownAgent, VendorUser } from './ports.ts';

/** No user of this name: whoever it is the id of, where we know that. */
export function explainOtherName(username: string, known: readonly KnownAgent[]): Check {
  const check = 'user';
  const says = `The vendor has no user of the name ${username}`;
  const [agent] = known;
  if (agent !== undefined && agent.username !== undefined && agent.username !== username) {
    const which = agent.userId === username ? 'user id' : 'agent id';
    return {
      check,
      level: 'problem',
      says,
      means: `It is the ${which} of a user of another name.`,
      todo: `Ask with --username ${agent.username}`,
    };
  }
  return {
    check,
    level: 'problem',
    says,
    means: 'The name is misspelt, or the user was removed. A user id or an agent id is not a username.',
    todo: 'Look the name up under Admin > Users.',
  };
}

/** An agent of the vendor's of whom nothing was ever logged. */
export function explainUnknown({ userId }: VendorUser): Check {
  return {
    check: 'known here',
    level: 'warning',
    says: `Nothing about user id ${userId}`,
    means: 'Nothing of this agent was ever logged or judged.',
    todo: 'Run `adherence collect` or `adherence import`, then `adherence run`.',
  };
}

/** What this program knows of somebody: the three names, what was logged, what was judged. */
export function explainKnown(agent: KnownAgent, user: VendorUser | undefined, now: Instant): Check {
  const check = 'known here';
  const { userId, agentId, username, lastTransition, watermark, openFindings } = agent;
  const says = [
    `User id ${userId}, agent id ${agentId ?? 'not known'}, username ${username ?? 'not known'}`,
    lastTransition === undefined
      ? 'no transition was ever logged'
      : `last transition: ${lastTransition.state} at ${formatInstant(lastTransition.at)}`,
    watermark === undefined
      ? 'never judged'
      : `judged up to ${formatInstant(watermark)}, ${ago(now - watermark)} ago`,
    `${openFindings} open ${openFindings === 1 ? 'finding' : 'findings'}`,
  ].join('; ');
  if (user?.agentId !== undefined && agentId !== undefined && user.agentId !== agentId) {
    return {
      check,
      level: 'warning',
      says,
      means: `The vendor gives the agent id ${user.agentId} now: the one known here is no longer right.`,
      todo: 'Run `adherence collect`, which reads the roster again.',
    };
  }
  if (!agent.inRoster || agent.retiredAt !== undefined) {
    return {
      check,
      level: 'warning',
      says,
      means: 'The last roster does not list this agent, so nobody polls it.',
      todo: 'Ask who took the agent role away.',
    };
  }
  return { check, level: 'ok', says, means: 'This is what the event log and the ledger say.' };
}
