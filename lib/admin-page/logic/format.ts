/** Numbers and times as people read them. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function bytesText(count: number): string {
  let rest = count;
  let unit = 0;
  while (rest >= 1024 && unit < UNITS.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${unit === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${UNITS[unit] ?? ''}`;
}

/** `45 s`, `12 min`, `1 h 2 min`, `4 d 3 h` */
export function span(seconds: number): string {
  if (seconds > 0 && seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return both(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(seconds / 3600);
  return both(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function both(more: number, unit: string, rest: number, smaller: string): string {
  return rest === 0 ? `${more} ${unit}` : `${more} ${unit} ${rest} ${smaller}`;
}

/** Of a time in the past; clocks differ a little, so what lies ahead is now. */
export function ago(time: string, now: number): string {
  const seconds = (now - Date.parse(time)) / 1000;
  return seconds < 1 ? 'just now' : `${span(seconds)} ago`;
}

export function milliseconds(value: number): string {
  if (value < 10) return `${value.toFixed(2)} ms`;
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

/** `12`, `3.4`, `1,234` */
export function count(value: number): string {
  const isSmall = value !== 0 && Math.abs(value) < 10 && !Number.isInteger(value);
  return isSmall ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}

/** `12 keys`, `1 key` */
export function many(value: number, one: string, several = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : several}`;
}

/** Local time of day; with the day where it is not today's. */
export function moment(time: string, now: number): string {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date(now).toDateString();
  const clock = date.toLocaleTimeString('en-GB');
  return isToday ? clock : `${date.toISOString().slice(0, 10)} ${clock}`;
}
