import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Caller } from './access.ts';
import type { WebDeps } from './deps.ts';
import { type FieldError, Problem } from './problem.ts';
import type { Reply, Route } from './route.ts';

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Whom the guard let in; routes that are open to all have nobody. */
export type CallerOf = (request: FastifyRequest) => Caller | undefined;

/**
 * What Fastify calls for a route: everything of the request is read by the route's schemas, the showing of people's
 * data is written down before any of it leaves, and the answer is sent.
 */
export function handlerOf(route: Route, { store, clock }: WebDeps, callerOf: CallerOf): Handler {
  const handle = route.handle as (request: object) => Promise<Reply> | Reply;
  return async (request, reply) => {
    const isForm = /^application\/x-www-form-urlencoded\b/.test(request.headers['content-type'] ?? '');
    if (isForm && route.takesForms !== true && route.access !== 'pushed')
      throw new Problem('unsupported_media_type', 'Send application/json.');
    const params = read(route.params, request.params);
    const query = read(route.query ?? NOTHING, listed(route.query, request.query as object));
    // No body is one without wishes; `null` is one, and wrong.
    const given = request.body === undefined ? {} : request.body;
    const body = route.access === 'pushed' ? given : read(route.body, given);
    const caller = callerOf(request);
    if (route.shows !== undefined && caller !== undefined) {
      const subject = route.shows.subject;
      await store.recordAccess({
        at: clock.now(),
        who: caller.name,
        role: caller.role,
        what: `${route.method} ${route.path}`,
        subject: subject === undefined ? undefined : (params as Record<string, string>)[subject],
        asked: Object.keys(request.query as object).length === 0 ? undefined : request.query,
      });
    }
    const { headers, url, ip: address } = request;
    return send(reply, await handle({ params, query, body, caller, headers, url, address }));
  };
}

const NOTHING = z.strictObject({});

/** A list of one is written like a single value. */
function listed(schema: z.ZodObject | undefined, query: object): object {
  const lists = new Set(
    Object.entries(schema?.shape ?? {})
      .filter(([, part]) => isList(part))
      .map(([name]) => name),
  );
  const entries = Object.entries(query).map(([name, value]) => [
    name,
    lists.has(name) && !Array.isArray(value) ? [value] : value,
  ]);
  return Object.fromEntries(entries);
}

function isList(part: unknown): boolean {
  return part instanceof z.ZodArray || (part instanceof z.ZodOptional && isList(part.unwrap()));
}

function read(schema: z.ZodType | undefined, value: unknown): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap(toFieldErrors);
  const [first] = errors;
  const detail =
    first === undefined ? 'It cannot be read.' : `${first.field || 'The body'}: ${first.message}.`;
  throw new Problem('invalid_argument', detail, { errors });
}

/** Zod's words may quote what was sent, which is none of the answer's business; ours do not. */
function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const field = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: [...issue.path, key].map(String).join('.'),
      message: 'is not known here',
    }));
  }
  return [{ field, message: issue.message }];
}

function send(reply: FastifyReply, answer: Reply): FastifyReply {
  const { status = 200, json, text, chunks, type, headers = {} } = answer;
  reply.code(status).headers(headers);
  if (chunks !== undefined) {
    return reply.type(type ?? 'text/plain; charset=utf-8').send(Readable.from(chunks, { objectMode: false }));
  }
  if (text !== undefined) return reply.type(type ?? 'text/html; charset=utf-8').send(text);
  if (json === undefined) return reply.send();
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(json));
}
