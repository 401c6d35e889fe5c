/** The routes of the OpenAPI document and of its page. */
import { noContent, seeOther, textReply } from './control-reply.js';
import { ANY_REQUEST } from './data-routes.js';
import { DOCS_PATH, docsPage, STYLE, STYLE_PATH } from './docs-page.js';
import { SCRIPT, SCRIPT_PATH } from './docs-script.js';
import { type OpenApiDocument, openApiDocument } from './openapi.js';
import type { ControlRoute, RouteDescription } from './route.js';

const HTML_TYPE = 'text/html; charset=utf-8';
const CSS_TYPE = 'text/css; charset=utf-8';
const SCRIPT_TYPE = 'text/javascript; charset=utf-8';
const DOCUMENT_TYPE = 'application/json';
/** The page runs and loads nothing but its own script and style. */
const PAGE_HEADERS = [
  'Content-Security-Policy',
  [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Referrer-Policy',
  'no-referrer',
];

const SHARED = { method: 'GET', tag: 'About', parameters: [] } as const;

/** What is beside the page, the same in every node. */
const STATIC_ROUTES: readonly ControlRoute[] = [
  {
    ...SHARED,
    path: `${DOCS_PATH}/`,
    operationId: 'getDocsToo',
    isAlias: true,
    summary: 'Leads to the page',
    answers: { 302: { description: 'To /docs.' } },
    handle: () => seeOther(DOCS_PATH),
  },
  {
    ...SHARED,
    path: '/favicon.ico',
    operationId: 'getIcon',
    isAlias: true,
    summary: 'Browsers ask for an icon, and there is none',
    answers: { 204: { description: 'No icon.' } },
    handle: () => noContent(),
  },
  {
    ...SHARED,
    path: STYLE_PATH,
    operationId: 'getDocsStyle',
    summary: 'The style of the page',
    answers: { 200: { description: 'The style.', contentType: CSS_TYPE } },
    handle: () => textReply(STYLE, CSS_TYPE),
  },
  {
    ...SHARED,
    path: SCRIPT_PATH,
    operationId: 'getDocsScript',
    summary: 'The script of the page',
    answers: { 200: { description: 'The script.', contentType: SCRIPT_TYPE } },
    handle: () => textReply(SCRIPT, SCRIPT_TYPE),
  },
];

/** @param others everything else that the document describes; it describes itself too */
export function documentRoutes(
  keys: readonly RouteDescription[],
  controls: readonly ControlRoute[],
  version: string,
): ControlRoute[] {
  const rows: ControlRoute[] = [
    {
      ...SHARED,
      path: '/openapi.json',
      operationId: 'getOpenApi',
      summary: 'This document',
      answers: { 200: { description: 'The document.', contentType: DOCUMENT_TYPE } },
      handle: () => textReply(text().document, DOCUMENT_TYPE),
    },
    {
      ...SHARED,
      path: DOCS_PATH,
      operationId: 'getDocs',
      summary: 'This document as a page',
      answers: { 200: { description: 'The page.', contentType: HTML_TYPE } },
      handle: () => textReply(text().page, HTML_TYPE, PAGE_HEADERS),
    },
    ...STATIC_ROUTES,
  ];
  // Made at the first request: most nodes are never asked.
  let made: { readonly document: string; readonly page: string } | undefined;
  const text = (): { readonly document: string; readonly page: string } => {
    made ??= textsOf(
      openApiDocument([...keys, ...[...controls, ...rows].flatMap(described)], version),
    );
    return made;
  };
  return rows;
}

/** As the document has it: none of an alias; what all of them take is not named in each row. */
function described(row: ControlRoute): readonly RouteDescription[] {
  if (row.isAlias === true) return [];
  return [{ ...row, parameters: [...row.parameters, ...ANY_REQUEST] }];
}

function textsOf(document: OpenApiDocument): { readonly document: string; readonly page: string } {
  return { document: JSON.stringify(document), page: docsPage(document) };
}
