// Reads the table "The folders" of docs/architecture.md: the rooms of the source, and the rooms that each may import. The table is the rule,
// and .dependency-cruiser.mjs checks it. Its rows stand in the order of the house, the ground floor first: a room imports only from rows above.

const HEADING = '## The folders';
const SOURCE = 'src/';

/**
 * The rooms, in the order of the table. `paths` are folders, or files of the top floor; `imports` are folders and files too, each with everything
 * below it. Throws an Error that names the row where the table cannot be understood.
 */
export function readRooms(markdown) {
  const section = markdown.split(`\n${HEADING}\n`)[1]?.split('\n## ')[0];
  if (section === undefined) throw new Error(`there is no section "${HEADING}"`);
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const rooms = [];
  for (const row of rows) {
    const [folder = '', , mayImport = ''] = row
      .replaceAll('\\|', '')
      .split('|')
      .slice(1)
      .map((cell) => cell.trim());
    const paths = [...folder.matchAll(/`([^`]+)`/g)].map(([, path]) => path);
    rooms.push({ paths, imports: importsOf(mayImport, rooms, row) });
  }
  if (rooms.length === 0) throw new Error(`the table under "${HEADING}" has no rows`);
  return rooms;
}

/** `nothing`; `everything above`, or `everything above except http, …`; or names such as `events, infra/etcd`, which are paths below src. */
function importsOf(text, above, row) {
  if (text === 'nothing') return [];
  const pathsAbove = above.flatMap(({ paths }) => paths);
  const [, everything, except = ''] = /^(everything above)(?: except (.+))?$/.exec(text) ?? [];
  const named = (names) =>
    names.split(', ').map((name) => {
      const path = `${SOURCE}${name}`;
      if (pathsAbove.some((room) => isBelow(room, path))) return path;
      throw new Error(`"${name}" is not a room in a row above this one: ${row}`);
    });
  if (everything === undefined) return named(text);
  const exceptions = except === '' ? [] : named(except);
  return pathsAbove.filter((path) => !exceptions.some((exception) => isBelow(path, exception)));
}

const isBelow = (path, folder) => path === folder || path.startsWith(`${folder}/`);

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A pattern for a file, or for everything below a folder but the rooms inside it. */
function patternOf(path, rooms = []) {
  const inside = rooms.filter((room) => room !== path && isBelow(room, path));
  const without = inside.map((room) => `(?!${escaped(room.slice(path.length + 1))}/)`).join('');
  return path.endsWith('.ts') ? `^${escaped(path)}$` : `^${escaped(path)}/${without}`;
}

/** For each room of the source, the rule of dependency-cruiser that refuses an import which the table does not allow. */
export function importRules(rooms) {
  const paths = rooms.flatMap((room) => room.paths);
  return rooms
    .filter((room) => room.paths.every((path) => path.startsWith(SOURCE)))
    .map((room) => {
      const own = room.paths.map((path) => patternOf(path, paths));
      return {
        name: room.paths.join(', '),
        comment: `It may import: ${room.imports.length === 0 ? 'nothing' : room.imports.join(', ')} (docs/architecture.md)`,
        severity: 'error',
        from: { path: own },
        to: { path: '^(src|test|scripts|bench)/', pathNot: [...own, ...room.imports.map((path) => patternOf(path))] },
      };
    });
}
