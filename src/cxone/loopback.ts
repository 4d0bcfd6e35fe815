import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ProgramError } from '../domain/errors.ts';
import { unlessAborted } from './abort.ts';

const HOST = '127.0.0.1';
const PATH = '/callback';

/** What the person's browser shows in the end. */
export type LastPage = 'logged in' | 'failed';

/** The one request that was accepted. */
export interface Answer {
  /** As the browser called it, with all parameters. */
  readonly url: URL;
  /** Shows the last page; resolves when it has been sent. */
  show(page: LastPage): Promise<void>;
}

export interface Loopback {
  readonly redirectUri: string;
  /** The first request to the redirect URI; from then on nobody listens there. Rejects with the signal's reason. */
  answer(signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * Waits on this machine's own address for a browser that comes back from the vendor (RFC 8252, 7.3).
 * @param port 0 for any that is free
 * @throws ProgramError `http_unavailable` when the port is taken.
 */
export async function openLoopback(port: number): Promise<Loopback> {
  const accepted = Promise.withResolvers<Answer>();
  const server = createServer((request, response) => {
    const url = calledUrl(request, server);
    if (url === undefined || !server.listening) return refuse(response);
    // Nobody else is let in, and this one is answered when it is known what became of it.
    server.close();
    accepted.resolve({ url, show: (page) => show(response, page) });
  });
  await listen(server, port);
  return {
    redirectUri: `http://${HOST}:${portOf(server)}${PATH}`,
    answer: (signal) => unlessAborted(accepted.promise, signal),
    async close() {
      server.closeAllConnections();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, HOST);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ProgramError('http_unavailable', `cannot listen on ${HOST}:${port} (${code})`, {
      hint: 'Name a port that is free with --port, or leave it out.',
      cause: error,
    });
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** The whole URL of a request for the redirect URI; a page that names us by another host name has no business here. */
function calledUrl({ method, url = '', headers }: IncomingMessage, server: Server): URL | undefined {
  if (!server.listening) return undefined;
  const origin = `http://${HOST}:${portOf(server)}`;
  const called = URL.parse(url, origin);
  const isOurs = method === 'GET' && `http://${headers.host}` === origin && called?.origin === origin;
  return isOurs && called.pathname === PATH ? called : undefined;
}

function refuse(response: ServerResponse): void {
  response.writeHead(404, { ...HEADERS, 'content-type': 'text/plain' }).end('Nothing is here.\n');
}

/** The code in the address must go nowhere else: no cache, no referrer, nothing loaded. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  connection: 'close',
} as const;

const PAGES: Readonly<Record<LastPage, { status: number; title: string; text: string }>> = {
  'logged in': {
    status: 200,
    title: 'You are logged in',
    text: 'The program has its token. You can close this page and go back to the terminal.',
  },
  failed: {
    status: 400,
    title: 'The login did not succeed',
    text: 'The terminal says why. You can close this page.',
  },
};

async function show(response: ServerResponse, page: LastPage): Promise<void> {
  const { status, title, text } = PAGES[page];
  const html = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head>
<body><main><h1>${title}</h1><p>${text}</p></main></body>
</html>
`;
  if (response.destroyed) return;
  const over = Promise.race([once(response, 'finish'), once(response, 'close')]);
  response.writeHead(status, HEADERS).end(html);
  await over;
}
