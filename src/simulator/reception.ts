import type { Instant } from '../domain/instant.ts';
import { ADJUSTMENT_ROUTES } from './adjustment-routes.ts';
import { AGENT_ROUTES } from './agent-routes.ts';
import type { Family } from './faults.ts';
import { OAUTH_ROUTES } from './oauth-routes.ts';
import { REPORT_ROUTES } from './report-routes.ts';
import { indexOf, userIdOf } from './roster.ts';
import type { Premises, Route } from './route.ts';
import { SESSION_ROUTES } from './session-routes.ts';
import { STATUS_ROUTES } from './status-routes.ts';
import type { Grant } from './tokens.ts';
import { type Answer, json, notFound, refusal, type VendorRequest } from './wire.ts';

/** A request and what it turns out to be about. */
export interface Visit {
  readonly request: VendorRequest;
  readonly query: URLSearchParams;
  readonly family: Family;
  /** Of the agent whom the request is about, whether there is such an agent or not. */
  readonly userId: string | undefined;
  /** `undefined` when there is no such endpoint. */
  readonly route: Route | undefined;
  readonly parameters: readonly string[];
}

/** The reports come first: there are by far the most of them. */
const ROUTES = [
  ...REPORT_ROUTES,
  ...AGENT_ROUTES,
  ...ADJUSTMENT_ROUTES,
  ...SESSION_ROUTES,
  ...STATUS_ROUTES,
  ...OAUTH_ROUTES,
];

/** Finds out which endpoint a request wants and whom it is about. */
export function receive(request: VendorRequest): Visit {
  const cut = request.path.indexOf('?');
  const path = cut < 0 ? request.path : request.path.slice(0, cut);
  const query = new URLSearchParams(cut < 0 ? '' : request.path.slice(cut + 1));
  for (const route of ROUTES) {
    if (route.method !== request.method) continue;
    const match = route.path.exec(path);
    if (match === null) continue;
    const parameters = match.slice(1).map(decoded);
    const userId = subjectOf(query.get('userId') ?? query.get('username') ?? parameters[0]);
    return { request, query, family: route.family, userId, route, parameters };
  }
  return { request, query, family: 'other', userId: undefined, route: undefined, parameters: [] };
}

/** Lets the endpoint answer, if the request may come in. */
export function answer(premises: Premises, visit: Visit, now: Instant): Answer {
  const { request, query, route, parameters } = visit;
  if (route === undefined) return notFound('Path');
  const grant = premises.tokens.grantOf(request.headers.authorization, now);
  const barred = barrier(route, grant);
  return barred ?? route.answer({ premises, request, query, parameters, now, grant });
}

function barrier(route: Route, grant: Grant | undefined): Answer | undefined {
  if (route.access === 'open') return undefined;
  if (grant === undefined)
    return json(401, { error: 'invalid_token', error_description: 'No valid access token' });
  const { scope, userContext } = route.access;
  if (!grant.scopes.has(scope)) return refusal(403, 'insufficient_scope', `The scope ${scope} is missing`);
  if (userContext === true && grant.username === undefined) {
    return refusal(403, 'no_user_context', 'A client_credentials token has no user context');
  }
  return undefined;
}

/** User ids, user names, agent ids and session ids all tell the user's place in the roster. */
function subjectOf(id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  const index = indexOf(id.startsWith('ses_') ? `usr_${id.split('_')[1]}` : id);
  return index < 0 ? undefined : userIdOf(index);
}

/** A path that is not properly encoded stands for itself. */
function decoded(part: string): string {
  return URL.canParse(`http://vendor/${part}`) && !/%(?![\da-fA-F]{2})/.test(part)
    ? decodeURIComponent(part)
    : part;
}
