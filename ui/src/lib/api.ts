/** Talks to the city's HTTP API; errors carry what happened, where, and what to do. */

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly remedy = '',
  ) {
    super(detail);
  }
}

async function answer<T>(response: Response): Promise<T> {
  if (response.status === 204) return undefined as T;
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, body.detail ?? body.title ?? response.statusText, body.remedy);
  return body as T;
}

/** The JSON at `path`; Problem when the city refuses or cannot be reached (status 0). */
export async function get<T>(path: string, params: Record<string, string | number> = {}, signal?: AbortSignal): Promise<T> {
  const query = new URLSearchParams(Object.entries(params).map(([k, v]) => [k, String(v)])).toString();
  return call<T>(query ? `${path}?${query}` : path, { signal });
}

/** Sends `body` to `path` by `method`; answers as `get`. */
export async function send<T>(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const headers = body === undefined ? undefined : { 'content-type': 'application/json' };
  return call<T>(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

async function call<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Problem(0, String(error));
  }
  return answer<T>(response);
}

/** A list, whether the answer is one or wraps one. */
export function listed<T>(body: unknown): T[] {
  if (Array.isArray(body)) return body as T[];
  const inner = Object.values((body ?? {}) as Record<string, unknown>).find(Array.isArray);
  return (inner ?? []) as T[];
}
