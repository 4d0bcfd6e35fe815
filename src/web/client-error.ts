import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { SECURITY_HEADERS } from './headers.ts';
import { MAX_HEADER_BYTES } from './limits.ts';
import { documentOf, Problem } from './problem.ts';

/**
 * Answers what never became a request, and closes the connection: nobody knows where the next one would begin.
 * @param requestMs how long a request may take to arrive.
 */
export function clientErrorHandler(
  requestMs: number,
): (error: Error & { code?: string }, socket: Socket) => void {
  return (error, socket) => answer(error.code, socket, requestMs);
}

function answer(code: string | undefined, socket: Socket, requestMs: number): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOf(code, requestMs);
  const { headers, body } = lastWords(problem);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.write(`HTTP/1.1 ${problem.status} ${problem.code}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  // Not just ended: who drips bytes would go on dripping into a half-closed connection.
  socket.destroySoon();
}

/** Answers what expects something that nobody knows; by itself Node would refuse it without a word of ours. */
export function onUnknownExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const problem = new Problem('expectation_failed', 'Nothing but 100-continue can be expected here.');
  const { headers, body } = lastWords(problem);
  response.writeHead(problem.status, headers).end(body);
}

function lastWords(problem: Problem) {
  const body = JSON.stringify(documentOf(problem));
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  return { headers, body };
}

function problemOf(code: string | undefined, requestMs: number): Problem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Problem('request_timeout', `It took more than ${requestMs / 1000} seconds.`);
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new Problem(
      'headers_too_large',
      `They may have ${MAX_HEADER_BYTES} bytes at most, with the address.`,
    );
  }
  return new Problem('bad_request', 'It cannot be read as HTTP/1.1.');
}
