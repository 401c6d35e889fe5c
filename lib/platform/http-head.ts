/** Judges the head of a request before anybody handles it: version, size, host, origin, framing. */
import type { IncomingMessage } from 'node:http';
import { foreignOrigin, type ServedHosts } from './http-hosts.js';
import {
  BAD_TARGET,
  CODED_BODY,
  EXPECTATION,
  FOREIGN_ORIGIN,
  FRAMING_OF_1_0,
  HEADERS_TOO_LARGE,
  type HttpRefusal,
  NO_HOST,
  NOT_SECURED,
  OTHER_VERSION,
  TWO_HOSTS,
} from './http-refusals.js';
import type { TargetOrigin } from './request-target.js';

export interface HeadLimits {
  readonly headersMax: number;
  /** Names and values together, with four bytes for the punctuation of each line. */
  readonly headerBytesMax: number;
}

/** `: ` and the end of the line. */
const LINE_PUNCTUATION_BYTES = 4;
/** They change nothing, whoever asks. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** The lines that decide. A value that was sent twice is joined by a comma. */
interface Lines {
  bytes: number;
  hosts: number;
  host: string | undefined;
  origin: string | undefined;
  coding: string | undefined;
  expect: string | undefined;
  /** Was another protocol asked for? */
  upgrade: boolean;
}

export class HeadJudge {
  readonly #limits: HeadLimits;
  readonly #hosts: ServedHosts;

  constructor(limits: HeadLimits, hosts: ServedHosts) {
    this.#limits = limits;
    this.#hosts = hosts;
  }

  /**
   * Undefined: it may be handled; `last`: it may, and nothing behind it on its connection.
   * @param target what was taken off its target
   */
  judge(
    request: IncomingMessage,
    target: TargetOrigin | undefined | null,
  ): HttpRefusal | 'last' | undefined {
    // The parser lets others pass, whose numbers would be taken for those of 1.1 and 1.0.
    if (request.httpVersionMajor !== 1) return OTHER_VERSION;
    if (request.rawHeaders.length > 2 * this.#limits.headersMax) return HEADERS_TOO_LARGE;
    const lines = linesOf(request.rawHeaders);
    if (lines.bytes > this.#limits.headerBytesMax) return HEADERS_TOO_LARGE;
    const ofHost = this.#refusalOfHost(request, lines, target);
    const refusal = ofHost ?? refusalOfFraming(request, lines);
    // It is answered in HTTP/1.1; Node's parser has thrown away what was behind it.
    return refusal ?? (lines.upgrade ? 'last' : undefined);
  }

  /** RFC 9112, 3.2: where the target is absolute, its host counts; here both are judged. */
  #refusalOfHost(
    request: IncomingMessage,
    lines: Lines,
    target: TargetOrigin | undefined | null,
  ): HttpRefusal | undefined {
    const { host, hosts, origin } = lines;
    if (hosts > 1) return TWO_HOSTS;
    // HTTP/1.0 knows no Host; browsers, which a page could turn against this node, always send it.
    if (host === undefined && request.httpVersionMinor > 0) return NO_HOST;
    if (target === null) return BAD_TARGET;
    const authority = target?.authority ?? host;
    for (const one of [host, target?.authority]) {
      const refusal = one === undefined ? undefined : this.#hosts.refusalOf(one);
      if (refusal !== undefined) return refusal;
    }
    // Who asks for `https` means a connection that nobody reads along (RFC 9110, 7.4).
    if (target?.isSecured === true) return NOT_SECURED;
    if (origin === undefined || SAFE_METHODS.has(request.method ?? '')) return undefined;
    return foreignOrigin(origin, authority) ? FOREIGN_ORIGIN : undefined;
  }
}

/** A framing of the body that is not understood (RFC 9112, 6.1), an expectation (9110, 10.1.1). */
function refusalOfFraming(
  { httpVersionMinor }: IncomingMessage,
  { coding, expect }: Lines,
): HttpRefusal | undefined {
  if (coding !== undefined) {
    if (httpVersionMinor === 0) return FRAMING_OF_1_0;
    if (coding.toLowerCase() !== 'chunked') return CODED_BODY;
  }
  // HTTP/1.0 has no expectations: they are ignored.
  if (expect === undefined || httpVersionMinor === 0) return undefined;
  return expect.toLowerCase() === '100-continue' ? undefined : EXPECTATION;
}

/** One pass; most names are passed over by their length. */
function linesOf(rawHeaders: readonly string[]): Lines {
  const lines: Lines = {
    bytes: 0,
    hosts: 0,
    host: undefined,
    origin: undefined,
    coding: undefined,
    expect: undefined,
    upgrade: false,
  };
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const value = rawHeaders[index + 1] ?? '';
    lines.bytes += name.length + value.length + LINE_PUNCTUATION_BYTES;
    if (name.length === 4) {
      if (name.toLowerCase() !== 'host') continue;
      lines.hosts += 1;
      lines.host = value;
    } else if (name.length === 6 || name.length === 7 || name.length === 17) {
      note(lines, name.toLowerCase(), value);
    }
  }
  return lines;
}

function note(lines: Lines, name: string, value: string): void {
  if (name === 'origin') lines.origin = joined(lines.origin, value);
  else if (name === 'expect') lines.expect = joined(lines.expect, value);
  else if (name === 'upgrade') lines.upgrade = true;
  else if (name === 'transfer-encoding') lines.coding = joined(lines.coding, value);
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}
