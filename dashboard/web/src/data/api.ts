// Calls to the HTTP API: JSON in and out, problem details as errors, and the server's clock on the way.
import type { Problem } from './contract';
import { w } from '../words/words.svelte';

/** A refused or failed call; `status` is 0 where the server could not be reached, `wait` the seconds after which it may be tried again, `reason` a word of the contract's. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly wait = 0,
    readonly reason = '',
  ) {
    super(message);
  }
}

/** How far the server's clock is ahead of this one, in milliseconds; small differences count as none. */
let ahead = 0;
/** What to do when the session has ended. */
let onSignedOut: () => void = () => {};

export function serverNow(): number {
  return Date.now() + ahead;
}

export function whenSignedOut(action: () => void): void {
  onSignedOut = action;
}

function learnClock(response: Response): void {
  const date = response.headers.get('date');
  if (!date) return;
  const difference = Date.parse(date) + 500 - Date.now();
  ahead = Math.abs(difference) > 3000 ? difference : 0;
}

async function problem(response: Response): Promise<ApiError> {
  let body: Partial<Problem> = {};
  try {
    body = ((await response.json()) as Partial<Problem> | null) ?? {};
  } catch {
    // No JSON: the status line has to do.
  }
  const says = body.detail ?? body.title ?? (response.statusText || String(response.status));
  return new ApiError(response.status, says, Number(response.headers.get('retry-after')), body.reason ?? '');
}

async function call<Body>(path: string, init: RequestInit, quiet = false): Promise<Body> {
  let response: Response;
  try {
    response = await fetch(`/api/v1/${path}`, { credentials: 'same-origin', ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, '');
  }
  learnClock(response);
  if (!response.ok) {
    if (response.status === 401 && !quiet) onSignedOut();
    throw await problem(response);
  }
  const text = await response.text();
  return (text ? JSON.parse(text) : null) as Body;
}

export function get<Body>(path: string, signal?: AbortSignal): Promise<Body> {
  return call<Body>(path, { headers: { accept: 'application/json', 'accept-language': w().code }, signal: signal ?? null });
}

/** The session's first question: a 401 is an answer here and no event. */
export function getQuietly<Body>(path: string): Promise<Body> {
  return call<Body>(path, { headers: { accept: 'application/json', 'accept-language': w().code } }, true);
}

export function send<Body>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown, quiet = false): Promise<Body> {
  const headers: Record<string, string> = { accept: 'application/json', 'accept-language': w().code, 'x-plenum': '1' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  return call<Body>(path, { method, headers, body: body === undefined ? null : JSON.stringify(body) }, quiet);
}

/** A page of a list. */
interface List<Item> {
  items: Item[];
  next: string | null;
}

/** Every item of a list, page after page, up to a bound that a screen can show. */
export async function getAll<Item>(path: string, most = 5000, signal?: AbortSignal): Promise<Item[]> {
  return (await getFirst<Item>(path, most, signal)).items;
}

/** The first items of a list, page after page, and whether there are more than a screen can show. */
export async function getFirst<Item>(path: string, most: number, signal?: AbortSignal): Promise<{ items: Item[]; more: boolean }> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const joint: string = path.includes('?') ? '&' : '?';
    const page: List<Item> = await get(cursor ? `${path}${joint}cursor=${encodeURIComponent(cursor)}` : path, signal);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor && items.length < most);
  return { items, more: cursor !== null };
}
