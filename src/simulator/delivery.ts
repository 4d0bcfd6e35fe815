import type { ServerResponse } from 'node:http';
import type { VendorResponse } from './wire.ts';

/** Sends an answer the way its delivery says. */
export function deliver(answer: VendorResponse, response: ServerResponse): void {
  const { delivery } = answer;
  switch (delivery.kind) {
    case 'whole':
      writeHead(answer, response).end(answer.body);
      return;
    case 'slow':
      later(delivery.delayMs, response, () => writeHead(answer, response).end(answer.body));
      return;
    case 'drip':
      drip(Buffer.from(answer.body), delivery.everyMs, writeHead(answer, response));
      return;
    case 'truncated':
      truncate(answer, response);
      return;
    case 'reset':
      // An RST, which is what a client sees as ECONNRESET; a mere end would read as "closed by the other side".
      response.socket?.resetAndDestroy();
  }
}

function writeHead(answer: VendorResponse, response: ServerResponse): ServerResponse {
  const length = answer.status === 204 ? {} : { 'content-length': Buffer.byteLength(answer.body) };
  return response.writeHead(answer.status, { ...answer.headers, ...length });
}

function drip(body: Buffer, everyMs: number, response: ServerResponse): void {
  let sentBytes = 0;
  const timer = setInterval(() => {
    response.write(body.subarray(sentBytes, sentBytes + 1));
    sentBytes += 1;
    if (sentBytes >= body.length) response.end();
  }, everyMs);
  response.once('close', () => clearInterval(timer));
}

function truncate(answer: VendorResponse, response: ServerResponse): void {
  const body = Buffer.from(answer.body);
  writeHead(answer, response).write(body.subarray(0, Math.ceil(body.length / 2)), () =>
    response.socket?.end(),
  );
}

/** Does it after a while, unless the connection is gone by then. */
function later(delayMs: number, response: ServerResponse, task: () => void): void {
  const timer = setTimeout(task, delayMs);
  response.once('close', () => clearTimeout(timer));
}
