// One HTTP request to the server, and the shape of its errors: Google's. A network that does not answer is an error like
// any other, with the status `UNREACHABLE`, so that callers have one thing to catch.

/** What is wrong with one field of a request; the field as the contract spells it. */
export interface FieldViolation {
  field: string;
  description: string;
}

export class ApiError extends Error {
  constructor(
    /** The canonical status, such as `NOT_FOUND`; `UNREACHABLE` if no answer came. */
    readonly status: string,
    /** The `ErrorInfo` reason, such as `MEETING_NOT_FOUND`; empty if none was given. */
    readonly reason: string,
    message: string,
    readonly httpStatus: number,
    readonly fields: readonly FieldViolation[] = [],
    /** What belongs to the reason. */
    readonly metadata: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  /** Whether the same request may succeed a little later. */
  get mayPass(): boolean {
    return this.status === 'UNREACHABLE' || this.httpStatus === 429 || this.httpStatus >= 500;
  }
}

interface Detail {
  reason?: string;
  metadata?: Record<string, string>;
  fieldViolations?: FieldViolation[];
}

interface ErrorBody {
  /** A text where OAuth's rules hold, and not Google's. */
  error?: string | { message?: string; status?: string; details?: Detail[] };
  error_description?: string;
}

export interface RequestOptions {
  body?: object;
  timeout_ms?: number;
  signal?: AbortSignal;
  /** It outlives the page. */
  keepalive?: boolean;
}

const TIMEOUT_MS = 10_000;

/** Longer than this nobody waits for a press on a button: then they are told. */
const RETRY_AFTER_MS_MAX = 10_000;

/** Asked too often, it waits as long as the server says, and asks once more: a refusal for that reason has changed nothing. */
export async function sendRequest<Answer>(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
  const first = await ask(method, path, options);
  const wait_ms = first.response.status === 429 ? retryAfter_ms(first.response) : null;
  if (wait_ms !== null) await new Promise((over) => setTimeout(over, wait_ms));
  const { response, text } = wait_ms === null ? first : await ask(method, path, options);
  const body = parse(text);
  if (response.ok && body !== undefined) return body as Answer;
  throw errorIn((body ?? {}) as ErrorBody, response);
}

/** `null` if the server does not say it, or longer than anybody waits. */
function retryAfter_ms({ headers }: Response): number | null {
  const wait_ms = Number(headers.get('retry-after') ?? Number.NaN) * 1_000;
  return wait_ms <= RETRY_AFTER_MS_MAX ? wait_ms : null;
}

async function ask(method: string, path: string, options: RequestOptions): Promise<{ response: Response; text: string }> {
  const timeout = AbortSignal.timeout(options.timeout_ms ?? TIMEOUT_MS);
  try {
    const response = await fetch(path, {
      method,
      credentials: 'same-origin',
      keepalive: options.keepalive ?? false,
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      ...(options.body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(options.body) } : {}),
    });
    return { response, text: await response.text() };
  } catch (error) {
    throw unreachable(error);
  }
}

function unreachable(error: unknown): ApiError {
  return new ApiError('UNREACHABLE', '', String(error), 0);
}

/** What is in a file of this server; `null` if it gives none. It may be long, and takes as long as it takes. */
export async function fetchFile(path: string): Promise<ArrayBuffer | null> {
  try {
    const answer = await fetch(path);
    return answer.ok ? await answer.arrayBuffer() : null;
  } catch (error) {
    throw unreachable(error);
  }
}

function errorIn({ error, error_description }: ErrorBody, { status, statusText }: Response): ApiError {
  if (typeof error === 'string') return new ApiError('UNKNOWN', error, error_description ?? error, status);
  const details = error?.details ?? [];
  const { reason = '', metadata } = details.find((detail) => detail.reason) ?? {};
  const fields = details.flatMap((detail) => detail.fieldViolations ?? []);
  return new ApiError(error?.status ?? 'UNKNOWN', reason, error?.message ?? statusText, status, fields, metadata);
}

/** A path with a query, without the parameters that are empty. */
export function withQuery(path: string, query: Record<string, string | number | undefined>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => (value ? [[name, String(value)]] : []));
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs)}`;
}

function parse(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
