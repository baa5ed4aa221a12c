// The one grammar in which a person writes a time: ISO 8601, without a zone in UTC, and a date alone is its first millisecond.

const ISO_8601 = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+ -]\d{2}:\d{2})?)?$/i;

/** The ms since the epoch that an ISO 8601 time or date names; null for any other text. */
export function isoMs(text: string): number | null {
  const [, date, time = '00:00', zone = 'Z'] = ISO_8601.exec(text) ?? [];
  if (date === undefined || !isDay(date)) return null;
  // In a query that nobody encoded, the + of a zone arrives as a space.
  const ms = Date.parse(`${date}T${time}${zone.replace(' ', '+').toUpperCase()}`);
  return Number.isNaN(ms) ? null : ms;
}

/** Date.parse reads 31 February as a day in March. */
function isDay(date: string): boolean {
  const text = `${date}T00:00Z`;
  const midnight = new Date(text);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date);
}
