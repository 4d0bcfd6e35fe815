import type { RosterAgent } from '../usecases/ports.ts';
import type { Call, Calls } from './calls.ts';
import {
  malformed,
  parseAnswer,
  wireCount,
  wireList,
  wireObject,
  wireOptionalText,
  wireText,
} from './wire.ts';

const PAGE_SIZE = 500;
/** A million users; more is a fault of the paging. */
const MAX_PAGES = 2_000;

const pageSchema = wireObject({
  entities: wireList(
    wireObject({
      id: wireText,
      username: wireText,
      name: wireOptionalText,
      agentId: wireOptionalText,
      timeZone: wireOptionalText,
      team: wireOptionalText,
    }),
  ),
  page: wireCount,
  pageCount: wireCount,
  total: wireCount,
});

/**
 * All users with an agent role, page by page (vendor-api.md 2); users without `agentId` are left out.
 * Throws as `Calls.read` does, and `vendor_malformed` for paging that repeats itself, has no end, or stops
 * with an empty page before its own count of pages: a roster that was cut short must not look complete.
 */
export async function* fetchRoster(
  calls: Calls,
  signal?: AbortSignal,
): AsyncGenerator<readonly RosterAgent[], void, undefined> {
  for (let page = 1; ; page += 1) {
    const call = rosterCall(page);
    const answer = await calls.read(call, signal);
    const { entities, pageCount, page: answered } = parseAnswer(call, pageSchema, answer.text);
    if (answered !== page) throw malformed(call, 'page', `the page asked for, ${page}`, `page ${answered}`);
    if (pageCount > MAX_PAGES) {
      throw malformed(call, 'pageCount', `at most ${MAX_PAGES}`, `${pageCount} pages`);
    }
    if (entities.length === 0 && page < pageCount) {
      throw malformed(call, 'entities', `users, on page ${page} of ${pageCount}`, 'none');
    }
    const agents = entities.flatMap(({ id, agentId, username, name, team, timeZone }) =>
      agentId === undefined ? [] : [{ userId: id, agentId, username, name, team, timeZone }],
    );
    if (agents.length > 0) yield agents;
    if (page >= pageCount) return;
  }
}

function rosterCall(page: number): Call {
  return {
    family: 'roster',
    lane: 'collecting',
    what: `roster, page ${page}`,
    scope: 'user:read',
    request: { method: 'GET', path: `/api/v2/users?page=${page}&size=${PAGE_SIZE}`, headers: {} },
  };
}
