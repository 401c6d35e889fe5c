/**
 * Under which names the node is served. A page whose name is made to resolve to this address ("DNS
 * rebinding") asks in the name of its own host: what bears another name than ours is refused.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { BAD_HOST, type HttpRefusal, MISDIRECTED } from './http-refusals.js';

/** `name`, `1.2.3.4` or `[::1]`, with a port or without. */
const AUTHORITY = /^(?:\[([0-9a-f:.]+)\]|([^\s:@/?#[\]\\%,]+))(?::([0-9]{0,5}))?$/;
const REMEMBERED_MAX = 64;

export class ServedHosts {
  readonly #names: ReadonlySet<string>;
  /** Texts that were judged well: clients send few, again and again. */
  readonly #good = new Set<string>();

  /** @param names besides `localhost` and all IP literals */
  constructor(names: readonly string[]) {
    this.#names = new Set(['localhost', ...names.map((name) => withoutDot(name.toLowerCase()))]);
  }

  /** @param authority as a Host header or an absolute target has it */
  refusalOf(authority: string): HttpRefusal | undefined {
    if (this.#good.has(authority)) return undefined;
    const found = AUTHORITY.exec(authority.toLowerCase());
    if (found === null || Number(found[3] ?? 0) > 65_535) return BAD_HOST;
    const [, inBrackets, name = ''] = found;
    if (inBrackets !== undefined) {
      if (!isIPv6(inBrackets)) return BAD_HOST;
    } else if (!isIPv4(name) && !this.#names.has(withoutDot(name))) {
      return MISDIRECTED;
    }
    if (this.#good.size < REMEMBERED_MAX) this.#good.add(authority);
    return undefined;
  }
}

/**
 * Is it another origin than the node's own, as the request names it? `null`, which sandboxes and
 * files send, is. A proxy in front may speak TLS: the scheme does not count.
 */
export function foreignOrigin(origin: string, authority: string | undefined): boolean {
  const found = /^(https?):\/\/(.+)$/i.exec(origin);
  if (found === null || authority === undefined) return true;
  return canonical(found[2] ?? '') !== canonical(authority);
}

/** Without the port that goes without saying, the last dot of a name, and capital letters. */
function canonical(authority: string): string {
  const text = authority.toLowerCase().replace(/:(?:80|443)?$/, '');
  const port = /:[0-9]+$/.exec(text)?.[0] ?? '';
  return `${withoutDot(text.slice(0, text.length - port.length))}${port}`;
}

function withoutDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
