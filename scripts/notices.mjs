// The notices of the packages that are in the bundles: their licences ask that they go along.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** SPDX names of the licences that packages in the bundles may have. Another one is looked at by a person before it is added here. */
const ALLOWED = new Set(['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC0-1.0', 'ISC', 'MIT', 'Unlicense']);

/** The folder of the package that a file of a bundle comes from; null for our own source. */
export function packageFolder(path) {
  const found = /^(.*(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path.replaceAll('\\', '/'));
  return found?.[1] ?? null;
}

/** Whether one of the licences that an SPDX expression offers is allowed; of those that it joins with AND, all must be. */
export function isAllowed(license) {
  const parts = license.replace(/^\((.*)\)$/, '$1').split(' OR ');
  return parts.some((part) => part.split(' AND ').every((name) => ALLOWED.has(name.trim())));
}

/** The texts that a package brings along; empty where it brings none. */
const textsOf = (folder) =>
  readdirSync(folder)
    .filter((name) => /^(licen[cs]e|copying|notice)([.-].*)?$/i.test(name))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim());

function noticeOf(root, folder) {
  const path = join(root, folder);
  const { name, version, license, author } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  const id = typeof license === 'string' ? license : (license?.type ?? '');
  if (!isAllowed(id)) {
    throw new Error(
      `${name} ${version} is bundled under ${id === '' ? 'no licence that it names' : id}, which is not on the list of scripts/notices.mjs`,
    );
  }
  const by = typeof author === 'string' ? author : author?.name;
  const texts = textsOf(path);
  const none = `The package brings no text of its licence.${by === undefined ? '' : ` Its author is ${by}.`}`;
  return { title: `${name} ${version} (${id})`, text: texts.length > 0 ? texts.join('\n\n') : none };
}

/** Name and version of each package that has files among those of the bundles, once. `files`: paths from `root`. */
export function bundledPackages(root, files) {
  const about = foldersOf(root, files).map((folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')));
  const names = new Map(about.map(({ name, version }) => [`${name}@${version}`, { name, version }]));
  return [...names.keys()].sort().map((key) => names.get(key));
}

const foldersOf = (root, files) => [
  ...new Set(files.map(packageFolder).filter((folder) => folder !== null && existsSync(join(root, folder, 'package.json')))),
];

/**
 * The text of all notices. `files` are the paths, from `root`, of what is in the bundles. Throws an Error that names the package whose licence is
 * not allowed.
 */
export function noticesOf(root, files) {
  const notices = foldersOf(root, files)
    .map((folder) => noticeOf(root, folder))
    .sort((a, b) => (a.title < b.title ? -1 : 1));
  // The same version may lie in two folders.
  const once = notices.filter(({ title }, i) => title !== notices[i - 1]?.title);
  const line = '-'.repeat(80);
  const head = `gpu-docker-api is under the Apache License 2.0. Its program holds ${once.length} packages of others, with these licences.`;
  return `${[head, ...once.map(({ title, text }) => `${line}\n${title}\n${line}\n\n${text}`)].join('\n\n')}\n`;
}
