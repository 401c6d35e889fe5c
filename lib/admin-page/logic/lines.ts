/** Command lines of what is entered on a screen: they can be pasted as they are. */
import { USUAL_NAMESPACE } from '../api.js';
import { keyLine, quoted } from './shell.js';

export interface DraftRequest {
  readonly method: string;
  readonly key: string;
  readonly value: string;
  /** `default`: none is named. */
  readonly level: string;
  readonly context: string;
}

/** Of the console. */
export function requestLine({ method, key, value, level, context }: DraftRequest): string {
  const options = method === 'PUT' ? ['--json'] : [];
  if (level !== 'default') options.push('--level', level);
  if (method !== 'GET' && context !== '') options.push('--context', context);
  const name = { namespace: USUAL_NAMESPACE, key };
  return keyLine(method.toLowerCase(), name, options, ...(method === 'PUT' ? [value] : []));
}

/** @param fields none: what is there is shown */
export function settingsLine(fields: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(fields).map(([name, value]) => quoted(`${name}=${String(value)}`));
  return words.length === 0
    ? 'quorate config get'
    : ['quorate config set', ...words, '--dry-run'].join(' ');
}

/** @param rules as they are typed; @param isNew the namespace is made by it */
export function namespaceLine(name: string, rules: string, isNew: boolean): string {
  if (name === '') return 'quorate namespace list';
  const words = rules.split(/\s+/).filter((word) => word !== '');
  const verb = isNew ? 'create' : 'change';
  return ['quorate namespace', verb, ...[name, ...words].map(quoted), '--dry-run'].join(' ');
}
