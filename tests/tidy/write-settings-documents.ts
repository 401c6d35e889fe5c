/** `npm run settings`: writes .env.example and the tables of docs/operations.md from the schema. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { withEnvironment, withTables } from './settings-documents.js';

const rewrite = (file: string, change: (text: string) => string): void => {
  writeFileSync(file, change(existsSync(file) ? readFileSync(file, 'utf8') : ''));
};

rewrite('.env.example', withEnvironment);
rewrite('docs/operations.md', withTables);
