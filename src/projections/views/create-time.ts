// Times as the API document writes them.

const two = (n: number): string => (n < 10 ? `0${n}` : String(n));

/** An event's ISO time as `YYYY-MM-DD HH:MM:SS` in the time zone of this machine. */
export function createTime(iso: string): string {
  const at = new Date(iso);
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
