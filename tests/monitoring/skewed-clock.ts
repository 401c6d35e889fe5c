/** Loaded before a node: its wall clock is twenty seconds ahead. */
const AHEAD_MILLISECONDS = 20_000;
const now = Date.now.bind(Date);

Date.now = () => now() + AHEAD_MILLISECONDS;
