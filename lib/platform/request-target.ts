/** Targets of requests (RFC 9112, 3.2). Those behind the listener see paths alone, or `*`. */
import type { IncomingMessage } from 'node:http';

/** What a target that is a whole address begins with. Proxies send such; they are to be taken. */
export interface TargetOrigin {
  /** Is it one of `https`? */
  readonly isSecured: boolean;
  /** As it was sent: a name and perhaps a port. */
  readonly authority: string;
}

const ABSOLUTE = /^http(s?):\/\/([^/?#]*)/i;

/**
 * Takes the origin off the target.
 * @returns undefined: there was none; null: the target is neither a path nor an address of HTTP
 */
export function takeOrigin(request: IncomingMessage): TargetOrigin | undefined | null {
  const { url = '' } = request;
  if (url.startsWith('/') || url === '*') return undefined;
  const found = ABSOLUTE.exec(url);
  if (found === null) return null;
  const [whole, s = '', authority = ''] = found;
  const path = url.slice(whole.length);
  request.url = path.startsWith('/') ? path : `/${path}`;
  return { isSecured: s !== '', authority };
}
