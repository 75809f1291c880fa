// One HTTP exchange with the hub: a timeout on every one, and refusals as values. Whether the browser believes to be
// online is not asked: only an answer says that the line is up.

import type { Bytes } from '../sync/bytes';
import { REQUEST_TIMEOUT_MS } from '../sync/generated/limits';
import { ShapeError } from '../sync/shape';

export type Answer<T> =
  | { ok: true; value: T }
  | { ok: false; code: string; params?: Record<string, string | number> };

/** `timeout` and `offline`: nothing came; `not-the-hub`: somebody else answered. */
export const NOT_THE_HUB = { ok: false, code: 'not-the-hub' } as const;

/** Where the hub is, and what a caller outside a browser adds to every request. */
export interface HubAddress {
  /** Origin, without a slash at the end. */
  origin: string;
  headers?: () => Record<string, string>;
  seen?: (response: Response) => void;
}

export interface Ask {
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  headers?: Record<string, string>;
  body?: string | Bytes;
  timeoutMs?: number;
}

/** The response, whatever its status, or why there was none. */
export async function exchange(hub: HubAddress, ask: Ask): Promise<Answer<{ response: Response; body: Bytes }>> {
  const abort = new AbortController();
  const timer = setTimeout(() => {
    abort.abort();
  }, ask.timeoutMs ?? REQUEST_TIMEOUT_MS);
  try {
    const response = await fetch(hub.origin + ask.path, {
      method: ask.method,
      headers: { ...hub.headers?.(), ...ask.headers },
      body: ask.body ?? null,
      signal: abort.signal,
      cache: 'no-store',
      credentials: 'same-origin',
      // A portal's redirect is not followed to somewhere else.
      redirect: 'error',
    });
    hub.seen?.(response);
    return { ok: true, value: { response, body: new Uint8Array(await response.arrayBuffer()) } };
  } catch {
    // fetch says the same TypeError for every failure of the network, so the reason is told apart by the clock alone.
    return { ok: false, code: abort.signal.aborted ? 'timeout' : 'offline' };
  } finally {
    clearTimeout(timer);
  }
}

/** A JSON call: the value as `read` finds it, or the hub's own refusal {code, message, params}. */
export async function callJson<T>(hub: HubAddress, ask: Ask, read: (value: unknown) => T): Promise<Answer<T>> {
  const answer = await exchange(hub, { ...ask, headers: { Accept: 'application/json', ...ask.headers } });
  if (!answer.ok) return answer;
  const { response, body } = answer.value;
  if (!response.ok) return refusalOf(answer.value);
  if (!isJson(response)) return NOT_THE_HUB;
  try {
    return { ok: true, value: read(JSON.parse(new TextDecoder().decode(body))) };
  } catch (error) {
    if (error instanceof ShapeError || error instanceof SyntaxError || error instanceof DOMException) return NOT_THE_HUB;
    throw error;
  }
}

/** Why a request was turned away, if it is the hub that says so; a proxy in front of a hub that is down says 502. */
export function refusalOf({ response, body }: { response: Response; body: Bytes }): Answer<never> {
  if (!isJson(response)) return response.status < 500 ? NOT_THE_HUB : { ok: false, code: 'offline' };
  try {
    return readRefusal(JSON.parse(new TextDecoder().decode(body)));
  } catch (error) {
    if (error instanceof SyntaxError) return NOT_THE_HUB;
    throw error;
  }
}

function isJson(response: Response): boolean {
  return (response.headers.get('content-type') ?? '').startsWith('application/json');
}

function readRefusal(value: unknown): Answer<never> {
  if (typeof value !== 'object' || value === null || !('code' in value) || typeof value.code !== 'string') return NOT_THE_HUB;
  const params = 'params' in value && typeof value.params === 'object' && value.params !== null ? value.params : {};
  const plain = Object.entries(params).filter(([, item]) => typeof item === 'string' || typeof item === 'number');
  return { ok: false, code: value.code, params: Object.fromEntries(plain) as Record<string, string | number> };
}
