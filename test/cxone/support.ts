import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallRecord } from '../../src/cxone/calls.ts';
import { type OpenVendor, openVendor, type VendorDeps, type VendorSettings } from '../../src/cxone/vendor.ts';
import { openTokenFile } from '../../src/store/token-file.ts';
import type { Clock, Log } from '../../src/usecases/ports.ts';

export const T0 = Date.UTC(2026, 2, 2, 9, 0, 0);
export const RANGE = { start: T0, end: T0 + 900_000 };
export const CLIENT_SECRET = 'canary-client-secret-91';

/** Sleeping takes no time but moves the clock; time-outs are real, so tests that need one keep it short. */
export class QuickClock implements Clock {
  time = T0;
  readonly slept: number[] = [];

  now(): number {
    return this.time;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.slept.push(ms);
    this.time += ms;
  }

  timeoutSignal(ms: number): AbortSignal {
    return AbortSignal.timeout(ms);
  }
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Time stands still until the test moves it to the next sleeper. */
export class VirtualClock implements Clock {
  time = T0;
  #sleepers: Sleeper[] = [];

  now(): number {
    return this.time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper = { at: this.time + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      });
    });
  }

  timeoutSignal(): AbortSignal {
    return new AbortController().signal;
  }

  /** Moves to the next sleeper, if any, and wakes it. */
  advance(): boolean {
    this.#sleepers.sort((a, b) => a.at - b.at);
    const next = this.#sleepers.shift();
    if (next === undefined) return false;
    this.time = Math.max(this.time, next.at);
    next.wake();
    return true;
  }

  /** Advances whenever nothing else moves, until `done`. */
  async runUntil(done: Promise<unknown>, isIdle: () => boolean = () => true): Promise<void> {
    let finished = false;
    const settled = done.finally(() => {
      finished = true;
    });
    settled.catch(() => undefined);
    while (!finished) {
      for (let turn = 0; turn < 5; turn += 1) await nextTurn();
      if (!finished && isIdle()) this.advance();
    }
    await settled;
  }
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

export type Script = (request: Received, response: ServerResponse, count: number) => void;

/** A vendor on loopback that issues tokens by itself and answers everything else as the script says. */
export class ScriptedVendor implements AsyncDisposable {
  readonly received: Received[] = [];
  readonly tokenRequests: Received[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  open = 0;
  maxOpen = 0;
  script: Script = (_request, response) => sendJson(response, 500, {});
  token: Script = (_request, response, count) =>
    sendJson(response, 200, {
      access_token: `canary-access-token-${count}`,
      token_type: 'Bearer',
      expires_in: 3600,
    });
  readonly #now: () => number;
  readonly #server = createServer((request, response) => void this.#receive(request, response));

  constructor(now: () => number) {
    this.#now = now;
    this.#server.on('connection', (socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.open += 1;
    this.maxOpen = Math.max(this.maxOpen, this.open);
    response.on('close', () => {
      this.open -= 1;
    });
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url = '', headers } = request;
    const received = { method, url, headers, body, at: this.#now() };
    const isToken = url.endsWith('/oauth/token');
    const list = isToken ? this.tokenRequests : this.received;
    list.push(received);
    (isToken ? this.token : this.script)(received, response, list.length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

/** Keeps every line, as text, for looking for secrets. */
export class KeptLog implements Log {
  readonly lines: string[] = [];
  readonly #keep = (level: string) => (fields: object, message: string) => {
    this.lines.push(`${level} ${message} ${inWords(fields)}`);
  };
  debug = this.#keep('debug');
  info = this.#keep('info');
  warn = this.#keep('warn');
  error = this.#keep('error');
}

/** Everything that an error or a log line would show to a person, causes and own fields included. */
export function inWords(value: unknown, depth = 0): string {
  if (depth > 6) return '';
  if (value instanceof Error) {
    const own = Object.entries(value).map(([key, field]) => `${key}=${inWords(field, depth + 1)}`);
    return [value.stack, value.message, ...own, inWords(value.cause, depth + 1)].join('\n');
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, field]) => `${key}=${inWords(field, depth + 1)}`)
      .join('\n');
  }
  return String(value);
}

export interface Bench<C extends Clock> extends AsyncDisposable {
  readonly clock: C;
  readonly server: ScriptedVendor;
  readonly vendor: OpenVendor;
  readonly log: KeptLog;
  readonly calls: CallRecord[];
  /** The path of the database beside which tokens are kept; there is none. */
  readonly database: string;
}

/** A vendor client and the scripted vendor it talks to; `await using` closes both. */
export async function bench<C extends Clock>(
  clock: C,
  settings: Partial<VendorSettings> = {},
  deps: Partial<VendorDeps> = {},
): Promise<Bench<C>> {
  const server = await new ScriptedVendor(() => clock.now()).listen();
  const log = new KeptLog();
  const calls: CallRecord[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'adherence-test-'));
  const database = join(folder, 'adherence.db');
  const tokenKeeper = openTokenFile(database, { clock, log });
  const { baseUrl = '', ...others } = settings;
  const vendor = openVendor(
    {
      baseUrl: server.url + baseUrl,
      grant: 'client_credentials',
      clientId: 'client',
      clientSecret: CLIENT_SECRET,
      scopes: ['report:read'],
      maxConcurrency: 8,
      maxRequestsPerSecond: Number.POSITIVE_INFINITY,
      timeoutMs: 15_000,
      allowPasswordGrant: false,
      ...others,
    },
    { clock, log, random: () => 0.5, onCall: (record) => calls.push(record), tokenKeeper, ...deps },
  );
  const asyncDispose = async (): Promise<void> => {
    await vendor.close();
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  };
  return { clock, server, vendor, log, calls, database, [Symbol.asyncDispose]: asyncDispose };
}

export const REPORT = {
  agentId: 'U1',
  intervals: [
    {
      startTime: '2026-03-02T09:00:00Z',
      endTime: '2026-03-02T09:05:00.250Z',
      state: 'Available',
      duration: 300,
    },
    { startTime: '2026-03-02T09:05:00.250Z', endTime: null, state: 'Wrap Up', duration: 10.5 },
  ],
};

/** All that an iterable gives. */
export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
