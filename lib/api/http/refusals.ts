/** Refusals that several handlers share. */
import { OperatingError } from '../../errors.js';

/** `field` names the member, parameter or header that is wrong. */
export function invalid(field: string, message: string, received?: unknown): OperatingError {
  const details = received === undefined ? { field } : { field, received };
  return new OperatingError('invalid_request', message, { details });
}

export function later(feature: string): OperatingError {
  return new OperatingError('not_implemented', `${feature}: not in this version`, {
    details: { feature },
  });
}

/**
 * `allow` are the methods that the resource has.
 * @param instead what to do, where that is known
 */
export function wrongMethod(
  method: string | undefined,
  allow: readonly string[],
  instead?: string,
): OperatingError {
  const message = `${method ?? 'this'} is not a method of it`;
  const advice = instead === undefined ? message : `${message}: ${instead}`;
  return new OperatingError('method_not_allowed', advice, { details: { allow, received: method } });
}

export function noSuchPath(): OperatingError {
  return new OperatingError(
    'not_found',
    'there is nothing at this path; /docs lists what there is',
  );
}
