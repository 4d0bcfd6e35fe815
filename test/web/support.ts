import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { Program, startHttp } from '../../src/program.ts';
import type { HttpLimits } from '../../src/web/limits.ts';
import { PROBLEMS, problemDocument } from '../../src/web/problem.ts';
import { type Environment, folder } from '../cli/support.ts';

/* The service as it is composed, on a database of its own and a real port. */

export const TOKENS = { analyst: 'token-of-ann', ops: 'token-of-otto', supervisor: 'token-of-sue' } as const;
export const NAMES = { analyst: 'ann', ops: 'otto', supervisor: 'sue' } as const;
export type Role = keyof typeof TOKENS;

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export const HTTP_TOKENS = (Object.keys(TOKENS) as Role[])
  .map((role) => `${NAMES[role]}:${role}:${sha256(TOKENS[role])}`)
  .join('\n');

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body, when it is JSON. */
  readonly json: Record<string, unknown>;
}

export interface Service {
  readonly url: string;
  readonly program: Program;
  readonly database: string;
  /** As a role, or as nobody. Every answer is looked at for what all of them must have. */
  get(path: string, role?: Role | 'nobody', headers?: Record<string, string>): Promise<Answer>;
  post(
    path: string,
    body?: unknown,
    role?: Role | 'nobody',
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** Lines of the log, parsed. */
  readonly logged: Record<string, unknown>[];
  close(): Promise<void>;
}

/** A service that ends with the test. */
export function serviceOfTest(more: Environment = {}, limits?: HttpLimits): Promise<Service> {
  return openService(more, onTestFinished, limits);
}

/** One for all tests of a file, where none of them minds the others. */
export function serviceOfFile(more: Environment = {}): Promise<Service> {
  return openService(more, afterAll);
}

async function openService(
  more: Environment,
  until: (clean: () => Promise<void>) => void,
  limits?: HttpLimits,
): Promise<Service> {
  const place = await folder(until);
  const config = readConfig({
    ADHERENCE_DB: join(place, 'adherence.db'),
    ADHERENCE_REPORT_DIR: join(place, 'reports'),
    HTTP_PORT: '0',
    HTTP_TOKENS,
    ...more,
  });
  const logged: Record<string, unknown>[] = [];
  const destination = {
    write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>),
  };
  const program = new Program(config, createLog({ level: 'debug', secrets: config.secrets, destination }));
  const http = await startHttp(program, limits && { limits });
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await http.close();
    await program.close();
  };
  until(close);
  return {
    url: http.url,
    program,
    database: config.database,
    logged,
    close,
    get: (path, role = 'supervisor', headers = {}) =>
      ask(http.url + path, { headers: { ...authorization(role), ...headers } }),
    post: (path, body, role = 'supervisor', headers = {}) =>
      ask(http.url + path, {
        method: 'POST',
        headers: { ...authorization(role), ...(body !== undefined && JSON_TYPE), ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };

export function authorization(role: Role | 'nobody'): Record<string, string> {
  return role === 'nobody' ? {} : { authorization: `Bearer ${TOKENS[role]}` };
}

export function basic(name: string, token: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${name}:${token}`).toString('base64')}` };
}

export async function ask(url: string, init: RequestInit): Promise<Answer> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  const type = answer.headers.get('content-type') ?? '';
  const json = /json/.test(type) ? (JSON.parse(text) as Record<string, unknown>) : {};
  const { status, headers } = answer;
  expectSafeHeaders(headers);
  if (!new URL(url).pathname.startsWith('/assets/')) expect(headers.get('cache-control')).toBe('no-store');
  // A page may say in words what went wrong; whoever asked for data is told in data.
  const isPage = /html/.test(type) && !/^\/(api|reports|webhooks)\//.test(new URL(url).pathname);
  if (status >= 400 && !isPage && !url.endsWith('/readyz')) expectProblem({ status, headers, text, json });
  return { status, headers, text, json };
}

export function expectSafeHeaders(headers: Headers): void {
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain('unsafe');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
}

/** RFC 9457 with a code of ours, and nothing of the inside in it. */
export function expectProblem({ status, headers, text, json }: Answer): void {
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(headers.get('cache-control')).toBe('no-store');
  const problem = problemDocument.strict().parse(json);
  expect(problem.type).toBe(`urn:adherence:problem:${problem.code}`);
  expect([problem.status, PROBLEMS[problem.code][0]]).toEqual([status, status]);
  expect(text).not.toMatch(/\/work\/|\/tmp\/|node_modules|\bat .*\.ts|SQLITE|stack/);
}

export function codeOf({ status, json }: Answer): string {
  return `${status} ${String(json.code)}`;
}

export function itemsOf({ json }: Answer): Record<string, unknown>[] {
  return json.items as Record<string, unknown>[];
}
