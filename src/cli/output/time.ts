// Times in tables: ISO 8601 in UTC, whole seconds. A time without a zone, as the Go program writes it, stays as the server has sent it.
export const shownTime = (time: string): string => time.replace(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z$/, '$1Z');
