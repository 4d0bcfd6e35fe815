import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Instant } from '../domain/instant.ts';

/** How far the sender's clock may be off, to either side. */
const TOLERANCE_MS = 300_000;

/** While secrets change a sender signs with two; more signatures than this nobody needs. */
const MOST_SIGNATURES = 8;

/**
 * Why a webhook's signature is not valid (Standard Webhooks: HMAC-SHA256 of `id.timestamp.body`), or `undefined` when
 * it is. Every key is tried on every signature, so that time tells nothing of any.
 */
export function signatureFault(
  keys: readonly Uint8Array[],
  headers: IncomingHttpHeaders,
  body: Uint8Array,
  now: Instant,
): string | undefined {
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = headerOf(headers, 'webhook-signature');
  if (id === undefined || timestamp === undefined || signatures === undefined) {
    return 'webhook-id, webhook-timestamp and webhook-signature must be there';
  }
  if (!/^\d{1,12}$/.test(timestamp)) return 'webhook-timestamp is not a number of seconds';
  if (Math.abs(now - Number(timestamp) * 1000) > TOLERANCE_MS) {
    return 'webhook-timestamp is more than 5 minutes off';
  }
  const given = signatures
    .split(' ')
    .filter((signature) => signature.startsWith('v1,'))
    .slice(0, MOST_SIGNATURES)
    .map((signature) => Buffer.from(signature.slice('v1,'.length), 'base64'));
  let matches = 0;
  for (const key of keys) {
    const expected = digestOf(key, id, timestamp, body);
    for (const signature of given) {
      if (signature.length === expected.length && timingSafeEqual(signature, expected)) matches++;
    }
  }
  return matches > 0 ? undefined : 'no signature is made with a secret of ours';
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' && value.length <= 2_000 ? value : undefined;
}

/** What signs a body for somebody else: one signature for each key, with spaces between. */
export function signaturesOf(
  keys: readonly Uint8Array[],
  id: string,
  timestamp: string,
  body: Uint8Array,
): string {
  return keys.map((key) => `v1,${digestOf(key, id, timestamp, body).toString('base64')}`).join(' ');
}

function digestOf(key: Uint8Array, id: string, timestamp: string, body: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
}
