import type { Instant } from '../domain/instant.ts';
import type { Fault } from './faults.ts';
import { type Answer, bare, jsonText, refusal, type VendorResponse } from './wire.ts';

/** Whether the request still does what it asks for although it meets the fault. */
export function takesEffect(fault: Fault): boolean {
  return fault.kind === 'status' || fault.kind === 'reset' ? fault.takesEffect === true : true;
}

/** An answer as it becomes through a fault. */
export function spoil(answer: Answer, fault: Fault, now: Instant): VendorResponse {
  const whole = { ...answer, delivery: { kind: 'whole' } } as const;
  switch (fault.kind) {
    case 'status':
      return { ...errorOf(fault, now), delivery: { kind: 'whole' } };
    case 'reset':
    case 'truncated':
      return { ...answer, delivery: { kind: fault.kind } };
    case 'slow':
      return { ...answer, delivery: { kind: 'slow', delayMs: fault.delayMs } };
    case 'drip':
      return { ...answer, delivery: { kind: 'drip', everyMs: fault.everyMs } };
    case 'half_json':
      return { ...whole, body: answer.body.slice(0, Math.floor(answer.body.length / 2)) };
    case 'html':
      return { ...whole, headers: { 'content-type': 'text/html' }, body: '<html><h1>It works!</h1></html>' };
    case 'missing_field':
      return { ...whole, body: rewrite(answer.body, fault.field, () => undefined) };
    case 'text_field':
      return { ...whole, body: rewrite(answer.body, fault.field, (value) => `${String(value)} s`) };
    case 'wrong_agent':
      return whole;
    case 'huge':
      return { ...whole, body: answer.body + ' '.repeat(Math.max(0, fault.bodyBytes - answer.body.length)) };
  }
}

/** The error bodies come in all the shapes that the vendor is known for. */
function errorOf(fault: Fault & { kind: 'status' }, now: Instant): Answer {
  const headers = retryAfter(fault, now);
  const answer = errorBody(fault.status);
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

function errorBody(status: number): Answer {
  if (status === 401) {
    return jsonText(401, '{"error":"invalid_token","error_description":"The access token expired"}');
  }
  if (status === 404) return jsonText(404, '{"Message":"Resource not found"}');
  if (status === 409) return refusal(409, 'conflict', 'The agent is in a call or in after-call work');
  if (status === 429) return refusal(429, 'too_many_requests', 'Rate limit exceeded');
  if (status === 500)
    return { status, headers: { 'content-type': 'text/plain' }, body: 'Internal Server Error' };
  return bare(status, status === 408 ? 'Agent connection timed out' : 'Agent connection is not available');
}

function retryAfter(fault: Fault & { kind: 'status' }, now: Instant): Record<string, string> {
  if (fault.retryAfterSeconds === undefined) return {};
  const date = new Date(now + fault.retryAfterSeconds * 1000).toUTCString();
  return { 'retry-after': fault.retryAfterForm === 'date' ? date : String(fault.retryAfterSeconds) };
}

function rewrite(body: string, field: string, change: (value: unknown) => unknown): string {
  if (body === '') return body;
  return JSON.stringify(JSON.parse(body, (name, value: unknown) => (name === field ? change(value) : value)));
}
