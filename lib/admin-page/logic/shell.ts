/** Texts as words of a shell, and requests as curl lines. */

export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export interface Shown {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

export function curlLine({ method, url, headers = {}, body }: Shown): string {
  const words = ['curl'];
  if (method !== 'GET') words.push('-X', method);
  for (const [name, value] of Object.entries(headers))
    words.push('-H', quoted(`${name}: ${value}`));
  if (body !== undefined) words.push('-d', quoted(body));
  words.push(quoted(url));
  return words.join(' ');
}
