// One HTTP call to the server, and the shape of its errors: Google's. A network that does not answer is an error like any
// other, with the status `UNREACHABLE`, so that callers have one thing to catch.

export class ApiError extends Error {
  constructor(
    /** The canonical status, such as `NOT_FOUND`; `UNREACHABLE` if no answer came. */
    readonly status: string,
    /** The `ErrorInfo` reason, such as `MEETING_NOT_FOUND`; empty if none was given. */
    readonly reason: string,
    message: string,
    readonly httpStatus: number,
  ) {
    super(message);
  }

  /** Whether the same call may succeed a little later. */
  get mayPass(): boolean {
    return this.status === 'UNREACHABLE' || this.httpStatus === 429 || this.httpStatus >= 500;
  }
}

interface ErrorBody {
  error?: { message?: string; status?: string; details?: { '@type'?: string; reason?: string }[] };
}

export interface CallOptions {
  body?: object;
  timeout_ms?: number;
  signal?: AbortSignal;
  /** The call outlives the page. */
  keepalive?: boolean;
}

const TIMEOUT_MS = 10_000;

export async function call<Answer>(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const timeout = AbortSignal.timeout(options.timeout_ms ?? TIMEOUT_MS);
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      keepalive: options.keepalive ?? false,
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      ...(options.body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(options.body) } : {}),
    });
    text = await response.text();
  } catch (error) {
    throw new ApiError('UNREACHABLE', '', String(error), 0);
  }
  const body = parse(text);
  if (response.ok && body !== undefined) return body as Answer;
  const { error } = (body ?? {}) as ErrorBody;
  const reason = error?.details?.find((detail) => detail.reason)?.reason ?? '';
  throw new ApiError(error?.status ?? 'UNKNOWN', reason, error?.message ?? response.statusText, response.status);
}

function parse(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
