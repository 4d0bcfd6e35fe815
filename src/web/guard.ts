import type { FastifyRequest } from 'fastify';
import { suffices } from '../domain/role.ts';
import { type Authenticate, authenticator, type Caller } from './access.ts';
import type { WebDeps } from './deps.ts';
import { isSameOrigin } from './origin.ts';
import { Problem } from './problem.ts';
import { RateLimit } from './rate-limit.ts';
import type { Route } from './route.ts';

const MAX_URL_LENGTH = 8_192;

/** Of one token: a page with its pictures at once, and then steadily. */
const TOKEN_RATE = { burst: 120, perSecond: 20 };

/**
 * Of one address: tokens that are none, and by themselves signatures that are none, as both may come by way of one proxy.
 * Whoever has a valid one is let in all the same.
 */
const FAILURE_RATE = { burst: 100, perSecond: 1 };

export interface Guard {
  /** Who asks. @throws Problem for a request that may not go on. */
  admit(request: FastifyRequest, route: Route | undefined): Caller | undefined;
  /** Counts a push that is refused. @returns the problem, or `rate_limited` once the address has had too many. */
  refusePush(address: string, problem: Problem): Problem;
}

/** Decides before anything of a request is read whether it is answered at all. */
export function makeGuard({ tokens, webhookKeys, clock, log }: WebDeps): Guard {
  const authenticate: Authenticate = authenticator(tokens);
  const ofToken = new RateLimit({ ...TOKEN_RATE, clock });
  const ofWrongTokens = new RateLimit({ ...FAILURE_RATE, clock });
  const ofRefusedPushes = new RateLimit({ ...FAILURE_RATE, clock });

  function refuse(failures: RateLimit, address: string, problem: Problem): Problem {
    const waitMs = failures.take(address);
    return waitMs === 0 ? problem : tooMany('Too many requests were refused.', waitMs);
  }

  function requireCaller({ headers, ip, url }: FastifyRequest): Caller {
    if (tokens.length === 0) {
      throw new Problem(
        'no_tokens',
        'Nothing but health, metrics and the webhook is served until HTTP_TOKENS names who may.',
      );
    }
    const caller = authenticate(headers.authorization);
    if (caller === undefined) {
      const problem = unauthorized(headers.accept, url);
      // Who brings nothing guesses nothing; and a browser asks for the password only when it is answered like that.
      throw headers.authorization === undefined ? problem : refuse(ofWrongTokens, ip, problem);
    }
    const waitMs = ofToken.take(caller.name);
    if (waitMs > 0) throw tooMany('Too many requests with this token.', waitMs);
    return caller;
  }

  return {
    refusePush: (address, problem) => refuse(ofRefusedPushes, address, problem),
    admit(request, route) {
      const { method, headers } = request;
      if ((request.raw.url ?? '').length > MAX_URL_LENGTH) {
        throw new Problem('url_too_long', `The address may have ${MAX_URL_LENGTH} characters at most.`);
      }
      if (headers.host === undefined && request.raw.httpVersion === '1.1') {
        throw new Problem('bad_request', 'HTTP/1.1 wants a Host header.');
      }
      if (route?.access === 'pushed' && webhookKeys.length === 0) {
        throw new Problem('not_found', 'There is no webhook until WEBHOOK_SECRET is set.');
      }
      if (route?.access === 'open' || route?.access === 'pushed') return undefined;
      const caller = requireCaller(request);
      if (route === undefined) return caller;
      if (!suffices(caller.role, route.access)) {
        log.warn({ who: caller.name, role: caller.role, what: `${method} ${route.path}` }, 'refused: role');
        throw new Problem('forbidden', `This needs the role ${route.access}; the token has ${caller.role}.`);
      }
      if (method === 'POST' && !isSameOrigin(headers, caller.isAmbient)) {
        throw new Problem('cross_origin', 'A browser may send this from a page of this service only.');
      }
      return caller;
    },
  };
}

function unauthorized(accept: string | undefined, url: string): Problem {
  // A browser that knows the password sends it for what belongs to a page only when it is asked for it like that.
  const isBrowser = /\btext\/html\b/.test(accept ?? '') || url.startsWith('/assets/');
  const challenge = isBrowser ? 'Basic' : 'Bearer';
  return new Problem(
    'unauthorized',
    'Send a valid token: Authorization: Bearer …, or as the password in a browser.',
    { headers: { 'www-authenticate': `${challenge} realm="adherence", charset="UTF-8"` } },
  );
}

function tooMany(detail: string, waitMs: number): Problem {
  return new Problem('rate_limited', detail, {
    headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
  });
}
