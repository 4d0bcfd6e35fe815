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

/** Of one address: tokens and signatures that are none. Whoever has a valid token is let in all the same. */
const FAILURE_RATE = { burst: 100, perSecond: 1 };

export interface Guard {
  /** Who asks. @throws Problem for a request that may not go on. */
  admit(request: FastifyRequest, route: Route | undefined): Caller | undefined;
  /** Counts a refusal. @throws Problem `rate_limited` once an address has had too many. */
  refuse(address: string, problem: Problem): Problem;
}

/** Decides before anything of a request is read whether it is answered at all. */
export function makeGuard({ tokens, webhookKeys, clock, log }: WebDeps): Guard {
  const authenticate: Authenticate = authenticator(tokens);
  const ofToken = new RateLimit({ ...TOKEN_RATE, clock });
  const ofFailures = new RateLimit({ ...FAILURE_RATE, clock });

  function refuse(address: string, problem: Problem): Problem {
    const waitMs = ofFailures.take(address);
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
      // A browser that knows the password sends it for what belongs to a page only when it is asked for it like that.
      const isBrowser = /\btext\/html\b/.test(headers.accept ?? '') || url.startsWith('/assets/');
      const challenge = isBrowser ? 'Basic' : 'Bearer';
      throw refuse(
        ip,
        new Problem(
          'unauthorized',
          'Send a valid token: Authorization: Bearer …, or as the password in a browser.',
          {
            headers: { 'www-authenticate': `${challenge} realm="adherence", charset="UTF-8"` },
          },
        ),
      );
    }
    const waitMs = ofToken.take(caller.name);
    if (waitMs > 0) throw tooMany('Too many requests with this token.', waitMs);
    return caller;
  }

  return {
    refuse,
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

function tooMany(detail: string, waitMs: number): Problem {
  return new Problem('rate_limited', detail, {
    headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
  });
}
