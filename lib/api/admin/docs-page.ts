/** The page at /docs: the document as HTML, complete without its script, nothing from outside. */
import { ERROR_CODES, type ErrorCode } from '../../errors.js';
import { ERROR_STATUS } from '../http/error-status.js';
import { problemAnchor } from '../http/problem.js';
import { SCRIPT_PATH } from './docs-script.js';
import type { OpenApiDocument, OpenApiOperation } from './openapi.js';
import { PROBLEM_ADVICE } from './problem-advice.js';

export const DOCS_PATH = '/docs';
export const STYLE_PATH = '/docs/style.css';

export const STYLE = `
:root { color-scheme: light dark; color: CanvasText; background: Canvas; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { white-space: pre-wrap; padding: 0.5rem; border: 1px solid #8886; margin-bottom: 0.25rem; }
button { font: inherit; min-height: 1.75rem; padding: 0 0.75rem; cursor: pointer; }
code, pre, th, td { overflow-wrap: anywhere; }
details :is(th, td):nth-child(-n + 2) { overflow-wrap: break-word; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.5rem; border: 1px solid #8886; }
summary { cursor: pointer; padding: 0.25rem 0; }
`;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: unknown): string {
  return String(text).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

export function docsPage(document: OpenApiDocument): string {
  const { title, version, description } = document.info;
  const groups = new Map<string, string[]>();
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags[0] ?? '';
      groups.set(tag, [...(groups.get(tag) ?? []), operationHtml(method, path, operation)]);
    }
  }
  const sections = [...groups].map(([tag, rows]) => `<h2>${escapeHtml(tag)}</h2>${rows.join('')}`);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    `<title>${escapeHtml(title)}</title><link rel="stylesheet" href="${STYLE_PATH}">`,
    `<script src="${SCRIPT_PATH}" defer></script></head>`,
    '<body><main>',
    `<h1>${escapeHtml(title)} ${escapeHtml(version)}</h1><p>${escapeHtml(description)}</p>`,
    '<p>The same as a document for tools: <a href="/openapi.json">/openapi.json</a>.</p>',
    ...sections,
    problemsHtml(),
    shapesHtml(document),
    '</main></body></html>\n',
  ].join('\n');
}

function operationHtml(method: string, path: string, operation: OpenApiOperation): string {
  const { operationId, summary, parameters, requestBody, responses } = operation;
  const bodies = Object.entries((requestBody?.['content'] ?? {}) as Record<string, object>);
  const command = curlLine(method, path, parameters, bodies[0]);
  return [
    `<details id="${escapeHtml(operationId)}"><summary><code>${method.toUpperCase()} `,
    `${escapeHtml(path)}</code> ${escapeHtml(summary)}</summary>`,
    `<pre>${escapeHtml(command)}</pre>`,
    table(
      ['parameter', 'in', 'meaning'],
      parameters.map((row) => [row['name'], row['in'], row['description']]),
    ),
    ...bodies.map(([type, media]) => schemaHtml(`Body, ${type}`, media)),
    table(
      ['status', 'meaning'],
      Object.entries(responses).map(([status, row]) => [status, row['description']]),
    ),
    ...Object.entries(responses)
      .filter(([status]) => status.startsWith('2'))
      .flatMap(([status, row]) =>
        Object.entries((row['content'] ?? {}) as Record<string, object>).map(([type, media]) =>
          schemaHtml(`Answer ${status}, ${type}`, media),
        ),
      ),
    '</details>',
  ].join('');
}

/** Where a node of a local cluster listens: the line can be copied as it is. */
const ADDRESS = 'http://127.0.0.1:8090';

/** With the body of the example, and the value of a parameter that must be there. */
function curlLine(
  method: string,
  path: string,
  parameters: OpenApiOperation['parameters'],
  body: readonly [type: string, media: object] | undefined,
): string {
  const isKeyAsked = parameters.some(({ name, in: place }) => name === 'key' && place === 'query');
  const address = `${ADDRESS}${path.replace('{key}', 'cart')}${isKeyAsked ? '?key=cart' : ''}`;
  const words = METHOD_WORDS[method] ?? `-X ${method.toUpperCase()} `;
  const example = body !== undefined && 'example' in body[1] ? body[1].example : undefined;
  const text = `-H 'Content-Type: ${body?.[0]}' -d '${JSON.stringify(example)}' `;
  const sent = example === undefined ? '' : text;
  return `curl ${words}${sent}'${address}'`;
}

const METHOD_WORDS: Readonly<Record<string, string>> = { get: '', head: '--head ' };

const SHAPES = '#/components/schemas/';

/** Names the shape and leads to it: each is described once, at the end. */
function schemaHtml(title: string, media: object): string {
  const schema = 'schema' in media ? (media.schema as { readonly $ref?: string }) : {};
  const name = schema.$ref?.slice(SHAPES.length);
  if (name === undefined) return `<p>${escapeHtml(title)}</p>`;
  return `<p>${escapeHtml(title)}: <a href="#shape-${name}">${name}</a></p>`;
}

function shapesHtml({ components }: OpenApiDocument): string {
  const shapes = Object.entries((components['schemas'] ?? {}) as Record<string, object>);
  const rows = shapes.map(([name, schema]) => {
    const text = escapeHtml(JSON.stringify(schema, undefined, 2));
    const head = `<details id="shape-${name}" open><summary>${name}</summary>`;
    return `${head}<pre>${text}</pre></details>`;
  });
  return `<h2>Shapes</h2>${rows.join('')}`;
}

/** Where the `type` of every problem leads. */
function problemsHtml(): string {
  const rows = (Object.keys(ERROR_CODES) as ErrorCode[]).map((code) => {
    const { status, title } = ERROR_STATUS[code];
    const { retryable, outcome } = ERROR_CODES[code];
    const advice = PROBLEM_ADVICE[code];
    const cells = [code, status, title, retryable ? 'yes' : 'no', outcome, advice];
    const html = cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('');
    return `<tr id="${problemAnchor(code)}">${html}</tr>`;
  });
  return (
    '<h2>Problems</h2><table><thead><tr><th>code</th><th>status</th><th>title</th>' +
    '<th>retry?</th><th>outcome</th><th>what to do</th></tr></thead>' +
    `<tbody>${rows.join('')}</tbody></table>`
  );
}

function table(heads: readonly string[], rows: readonly (readonly unknown[])[]): string {
  if (rows.length === 0) return '';
  const cells = (row: readonly unknown[], tag: string): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  const body = rows.map((row) => cells(row, 'td')).join('');
  return `<table><thead>${cells(heads, 'th')}</thead><tbody>${body}</tbody></table>`;
}
