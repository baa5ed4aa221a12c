// Times as the API document writes them.
//
// The local time zone makes the same event read differently on two machines, which is otherwise forbidden to a projection. It stays because
// `createTime` is a field of the Go program that clients parse; everything new in the API has ISO times in UTC.

const two = (n: number): string => (n < 10 ? `0${n}` : String(n));

/** An event's ISO time as `YYYY-MM-DD HH:MM:SS` in this machine's time zone. */
export function createTime(iso: string): string {
  const at = new Date(iso);
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
