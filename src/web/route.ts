import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { Role } from '../domain/role.ts';
import type { Caller } from './access.ts';

/** A request as a handler sees it: checked, and made by somebody. */
export interface Request<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Who asks; routes that are open to all have nobody. */
  readonly caller: Caller;
  readonly headers: IncomingHttpHeaders;
  /** The path with its query, as it was asked for. */
  readonly url: string;
  /** The address at the other end of the connection. */
  readonly address: string;
}

/** What a handler answers. One of `json`, `text` and `chunks` is the body. */
export interface Reply {
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
  /** Sent as fast as the client takes it, left off when it goes. */
  readonly chunks?: AsyncIterable<string>;
  /** Of `text` and `chunks`. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly description: string;
  /** What the JSON looks like; absent for other bodies. */
  readonly schema?: z.ZodType;
  readonly type?: string;
}

/** One line of the routes' table: what is asked, by whom, how, and what does it. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** With `:name` for parameters. */
  readonly path: string;
  /** The least role that may; `open` answers without a token, `pushed` is signed by the vendor instead. */
  readonly access: Role | 'open' | 'pushed';
  /** A short sentence, also for the API's description. */
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The body comes from an HTML form. */
  readonly takesForms?: boolean;
  /** Of a GET: HEAD is answered, too, with the same and no body. */
  readonly answersHead?: boolean;
  /** Its answer may go on for as long as somebody takes it. */
  readonly streams?: boolean;
  /** Shows data of people: each showing is a row in the access log, with this parameter as its subject. */
  readonly shows?: { readonly subject?: string };
  /** What may be answered, by status; pages, which the API's description leaves out, have none. */
  readonly answers?: Readonly<Record<number, Answer>>;
  readonly handle: (request: Request<never, never, never>) => Promise<Reply> | Reply;
}

/** The methods that a route answers. */
export function methodsOf({ method, answersHead }: Route): ('GET' | 'HEAD' | 'POST')[] {
  return answersHead === true ? [method, 'HEAD'] : [method];
}

type Shape<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** A route whose handler gets what its schemas read. */
export function route<
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(
  line: Omit<Route, 'params' | 'query' | 'body' | 'handle'> & {
    readonly params?: Params;
    readonly query?: Query;
    readonly body?: Body;
    readonly handle: (request: Request<Shape<Params>, Shape<Query>, Shape<Body>>) => Promise<Reply> | Reply;
  },
): Route {
  return line as unknown as Route;
}
