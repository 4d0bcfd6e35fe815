import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Caller } from './access.ts';
import { clientErrorHandler, onUnknownExpectation } from './client-error.ts';
import type { WebDeps } from './deps.ts';
import { type Guard, makeGuard } from './guard.ts';
import { handlerOf } from './handle.ts';
import { SECURITY_HEADERS } from './headers.ts';
import {
  BODY_LIMIT_BYTES,
  HTTP_LIMITS,
  type HttpLimits,
  MAX_HEADER_BYTES,
  MAX_PART_LENGTH,
} from './limits.ts';
import { problemPage, wantsPage } from './pages/problem-page.ts';
import { asProblem, documentOf, Problem } from './problem.ts';
import { methodsOf, type Route } from './route.ts';

/** How often it is looked whether a request has arrived in time. */
const CHECKING_MS = 1_000;
/** The longest that a timer takes. Fastify knows no route without a time-out; what is streamed has that of its socket. */
const NO_TIMEOUT_MS = 2_147_483_647;

/** The routes behind the guard, with every limit and time-out there is. Listens to nothing yet. */
export function buildApp(
  deps: WebDeps,
  routesOf: (guard: Guard) => readonly Route[],
  { requestMs, answerMs, idleMs }: HttpLimits = HTTP_LIMITS,
): FastifyInstance {
  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: requestMs,
    handlerTimeout: answerMs,
    connectionTimeout: idleMs,
    keepAliveTimeout: 10_000,
    routerOptions: { maxParamLength: MAX_PART_LENGTH },
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      // The guard refuses what has no host, in our words and with our headers.
      requireHostHeader: false,
      connectionsCheckingInterval: CHECKING_MS,
      // Node swaps the two where this one is longer, and bodies would have a minute.
      headersTimeout: requestMs,
      requestTimeout: requestMs,
    },
    exposeHeadRoutes: false,
    clientErrorHandler: clientErrorHandler(requestMs),
    frameworkErrors: (error, request, reply) => answerError(deps, error, request, reply as FastifyReply),
    logger: false,
  });
  app.server.on('checkExpectation', onUnknownExpectation);
  const guard = makeGuard(deps);
  const routes = routesOf(guard);
  const callers = new WeakMap<FastifyRequest, Caller>();
  const lines = new Map(
    routes.flatMap((line) => methodsOf(line).map((method) => [`${method} ${line.path}`, line])),
  );

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    const line = lines.get(`${request.method} ${request.routeOptions.url}`);
    const caller = guard.admit(request, line);
    if (caller !== undefined) callers.set(request, caller);
  });
  app.addHook('onResponse', async (request, reply) => {
    const path = request.routeOptions.url;
    deps.metrics.request(`${request.method} ${path ?? 'unknown'}`, reply.statusCode);
    const isPush = lines.get(`${request.method} ${path}`)?.access === 'pushed';
    if (isPush && reply.statusCode === 413) deps.metrics.refusedPush('too_large');
  });
  app.setErrorHandler<FastifyError>((error, request, reply) => answerError(deps, error, request, reply));
  app.setNotFoundHandler((request) => {
    throw unknown(request, routes);
  });
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, readForm);
  register(
    app,
    routes.filter(({ access }) => access !== 'pushed'),
  );
  // What is signed is signed byte for byte, so nothing may read it before.
  void app.register((pushed, _options, done) => {
    pushed.removeAllContentTypeParsers();
    pushed.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));
    register(
      pushed,
      routes.filter(({ access }) => access === 'pushed'),
    );
    done();
  });
  return app;

  function register(scope: FastifyInstance, some: readonly Route[]): void {
    for (const line of some) {
      const handler = handlerOf(line, deps, (request) => callers.get(request));
      const timeout = line.streams === true ? { handlerTimeout: NO_TIMEOUT_MS } : {};
      scope.route({ method: methodsOf(line), url: line.path, handler, ...timeout });
    }
  }
}

/** A form's fields; one that is there several times is a list. */
function readForm(
  _request: unknown,
  body: string | Buffer,
  done: (error: null, fields: object) => void,
): void {
  const fields = new URLSearchParams(String(body));
  const names = [...new Set(fields.keys())];
  const entries = names.map((name) => {
    const values = fields.getAll(name);
    return [name, values.length === 1 ? values[0] : values];
  });
  done(null, Object.fromEntries(entries));
}

function answerError(
  { log }: WebDeps,
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = asProblem(error);
  if (problem.status >= 500) {
    log.error(
      { err: error, what: `${request.method} ${request.routeOptions.url ?? ''}` },
      'a request failed',
    );
  }
  reply.code(problem.status).headers({ ...SECURITY_HEADERS, ...problem.headers });
  if (wantsPage(request.headers.accept, request.url)) {
    return reply.type('text/html; charset=utf-8').send(problemPage(problem, undefined));
  }
  return (
    reply
      .header('content-type', 'application/problem+json')
      // Bytes, because Fastify would add a charset to text, which this type has none of.
      .send(Buffer.from(JSON.stringify(documentOf(problem))))
  );
}

/** No such path, or none with this method. */
function unknown({ method, url }: FastifyRequest, routes: readonly Route[]): Problem {
  const [path = ''] = url.split('?');
  const allowed = routes.filter((line) => patternOf(line.path).test(path)).flatMap(methodsOf);
  if (allowed.length === 0) return new Problem('not_found', 'There is nothing at this address.');
  return new Problem('method_not_allowed', `${method} does nothing here.`, {
    headers: { allow: [...new Set(allowed)].join(', ') },
  });
}

function patternOf(path: string): RegExp {
  const parts = path
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[.*+]/g, '\\$&')));
  return new RegExp(`^${parts.join('/')}$`);
}
