// A server on the very computer of the browser, and a browser that does not connect to it.

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** Whether this browser finds no way to a server of its own computer where that is in no network: Firefox takes no address of loopback for one. */
export function shunsLoopback(userAgent: string, host: string): boolean {
  return /\bFirefox\//.test(userAgent) && LOOPBACK.includes(host);
}
