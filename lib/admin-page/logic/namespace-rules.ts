/** Rules of a namespace as a line of text: `default_level=one durability=os`. */

type Rules = Readonly<Record<string, unknown>>;

export function rulesText(rules: Rules): string {
  return Object.entries(rules)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
}

/** What is no rule is sent as it is: the node says what is wrong with it. */
export function rulesFrom(text: string): Rules {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return Object.fromEntries(
    words.map((word) => {
      const [name = '', ...rest] = word.split('=');
      const value = rest.join('=');
      if (name === 'allowed_levels') return [name, value.split(',')];
      return [name, /^\d+$/.test(value) && !name.endsWith('level') ? Number(value) : value];
    }),
  );
}

/** A setting as people read it; the rules of a namespace are one. */
export function settingText(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  if (typeof value !== 'object') return String(value);
  return rulesText(value as Rules) || 'no rules';
}
