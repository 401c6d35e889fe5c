/** The operator's resolution function: loaded from its module, cut off where it takes too long. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createContext, Script } from 'node:vm';
import { messageOf, OperatingError } from '../errors.js';
import type { CustomResolver } from '../resolution/custom.js';
import { plainFile } from './plain-file.js';

/**
 * @param path from the folder that the process was started in, unless it is absolute
 * @throws OperatingError `invalid_request`: no such module, or it has no function `resolve`
 */
export async function loadCustomResolver(
  path: string,
  timeMaxMilliseconds: number,
): Promise<CustomResolver> {
  let found: unknown;
  try {
    // A device, or a pipe, may have no end.
    if ((await plainFile(path)) === undefined) throw new Error('it is not a file');
    const module = (await import(pathToFileURL(resolve(path)).href)) as { resolve?: unknown };
    found = module.resolve;
  } catch (cause) {
    throw wrong(path, messageOf(cause), cause);
  }
  if (typeof found !== 'function') throw wrong(path, 'it exports no function "resolve"');
  return withinTime(found as CustomResolver, timeMaxMilliseconds);
}

/** The engine stops what runs within a script when its time is over, endless loops as well. */
function withinTime(resolver: CustomResolver, timeout: number): CustomResolver {
  const call = { run: (): void => undefined };
  const context = createContext(call);
  const script = new Script('run()');
  return (siblings) => {
    let result: ReturnType<CustomResolver>;
    call.run = () => {
      result = resolver(siblings);
    };
    script.runInContext(context, { timeout });
    return result;
  };
}

function wrong(path: string, reason: string, cause?: unknown): OperatingError {
  return new OperatingError('invalid_request', `resolution.module ${path}: ${reason}`, { cause });
}
