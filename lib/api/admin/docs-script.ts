/** The script of the page at /docs: a button behind each block of code, which copies it. */

export const SCRIPT_PATH = '/docs/copy.js';

/** Without a script there are no buttons, and the page says the same. */
export const SCRIPT = `let shown;
for (const block of document.querySelectorAll('pre')) {
  const button = document.createElement('button');
  const status = document.createElement('span');
  button.type = 'button';
  button.textContent = 'copy';
  const { textContent: name } = block.closest('details').querySelector('summary');
  button.setAttribute('aria-label', 'copy: ' + name);
  status.setAttribute('role', 'status');
  button.addEventListener('click', async () => {
    if (shown !== undefined) shown.textContent = '';
    shown = status;
    try {
      await navigator.clipboard.writeText(block.textContent);
      status.textContent = 'copied';
    } catch {
      // Not permitted, or an address without https, where browsers have no clipboard.
      getSelection().selectAllChildren(block);
      status.textContent = 'selected: Ctrl+C copies it';
    }
  });
  block.after(button, ' ', status);
}
`;
