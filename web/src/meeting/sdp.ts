// The one thing this client reads in a session description: which line carries which SSRC, because an assignment names
// lines by SSRC. Everything else is the browser's business.

/** SSRC → `mid`, for the first (the media, not the retransmission) SSRC of each section. */
export function lineOfEachSsrc(answer: string): Map<number, string> {
  const lines = new Map<number, string>();
  for (const section of answer.split(/\r?\n(?=m=)/).slice(1)) {
    const mid = /^a=mid:(\S+)/m.exec(section)?.[1];
    const ssrc = /^a=ssrc-group:FID (\d+)/m.exec(section)?.[1] ?? /^a=ssrc:(\d+)/m.exec(section)?.[1];
    if (mid !== undefined && ssrc !== undefined) lines.set(Number(ssrc), mid);
  }
  return lines;
}
