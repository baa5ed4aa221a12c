// Bundles the service into one file, because reading hundreds of small modules makes a start slow. The packages take 460 ms to import from
// node_modules and 215 ms from the bundle, of which 70 ms are Node's own.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { bundledPackages, noticesOf } from './notices.mjs';
import { dist, root, setUpDist } from './setup.mjs';

/** Throws when a package no longer holds the text to replace: the bundle would break when it runs. */
function replacedIn(before, path, from, to) {
  if (!before.includes(from)) throw new Error(`${path} has changed: it no longer holds ${from}`);
  return before.replace(from, () => to);
}

/** Names of the changes to packages that were made: a package whose files have other names would be bundled as it is, and nobody told. */
const changed = new Set();

const replaced = (path, from, to) => replacedIn(readFileSync(path, 'utf8'), path, from, to);

/** etcd3 parses its .proto files from a path beside itself at every start; the bundle carries them already parsed. */
const inlineEtcdProto = {
  name: 'inline-etcd-proto',
  setup(bundle) {
    bundle.onLoad({ filter: /etcd3[\\/]lib[\\/]connection-pool\.js$/ }, ({ path }) => {
      changed.add('inline-etcd-proto');
      const etcd3 = createRequire(path);
      const protobuf = createRequire(etcd3.resolve('@grpc/proto-loader'))('protobufjs');
      // biome-ignore lint/suspicious/noTemplateCurlyInString: this is the source text that is looked for
      const call = '(0, proto_loader_1.loadSync)(`${__dirname}/../proto/rpc.proto`,';
      const schema = new protobuf.Root();
      schema.loadSync(join(path, '..', '..', 'proto', 'rpc.proto'), { keepCase: true });
      return { contents: replaced(path, call, `(0, proto_loader_1.fromJSON)(${JSON.stringify(schema.toJSON())},`), loader: 'js' };
    });
  },
};

/** docker-modem loads an SSH client (native code, 60 ms) although only `ssh://` engines need it: load it on first use. */
const lazySsh = {
  name: 'lazy-ssh',
  setup(bundle) {
    bundle.onLoad({ filter: /docker-modem[\\/]lib[\\/]ssh\.js$/ }, ({ path }) => {
      changed.add('lazy-ssh');
      const contents = replaced(path, "var Client = require('ssh2').Client,", 'var');
      if (!contents.includes('new Client()')) throw new Error(`${path} has changed: it no longer makes a Client`);
      return { contents: contents.replace('new Client()', "new (require('ssh2').Client)()"), loader: 'js' };
    });
  },
};

/** docker-modem makes a text of each request, of its connection with all that hangs on it, for a debug line that nobody asked for: 0.5 ms a call. */
const quietModem = {
  name: 'quiet-modem',
  setup(bundle) {
    bundle.onLoad({ filter: /docker-modem[\\/]lib[\\/]modem\.js$/ }, ({ path }) => {
      changed.add('quiet-modem');
      return {
        contents: replaced(path, "debug('Sending: %s', util.inspect(", "if (debug.enabled) debug('Sending: %s', util.inspect("),
        loader: 'js',
      };
    });
  },
};

/** proto-loader describes every message of etcd's API once more, for servers that tell their clients what they speak: nobody asks here. */
const noDescriptors = {
  name: 'no-descriptors',
  setup(bundle) {
    bundle.onLoad({ filter: /@grpc[\\/]proto-loader[\\/]build[\\/]src[\\/]index\.js$/ }, ({ path }) => {
      changed.add('no-descriptors');
      const changes = [
        ["root.toDescriptor('proto3').file", '[]'],
        ["const messageDescriptor = message.toDescriptor('proto3');", ''],
        ['messageDescriptor.$type.toObject(messageDescriptor, descriptorOptions)', '{}'],
      ];
      return { contents: changes.reduce((text, [from, to]) => replacedIn(text, path, from, to), readFileSync(path, 'utf8')), loader: 'js' };
    });
  },
};

/** The files that the service sends as they are: see src/http/page/assets.ts. */
const ASSETS = {
  'openapi.json': join('docs', 'openapi.json'),
  'swagger-ui.css': join('node_modules', 'swagger-ui-dist', 'swagger-ui.css'),
  'swagger-ui-bundle.js': join('node_modules', 'swagger-ui-dist', 'swagger-ui-bundle.js'),
};

/** As base64 of gzip: a string of a third of their size, which is decoded when somebody asks for it. */
const inlineAssets = {
  name: 'inline-assets',
  setup(bundle) {
    bundle.onLoad({ filter: /http[\\/]page[\\/]assets\.ts$/ }, ({ path }) => {
      changed.add('inline-assets');
      if (!readFileSync(path, 'utf8').includes('export const packed = (asset: Asset): Buffer')) throw new Error(`${path} has changed`);
      const texts = Object.entries(ASSETS).map(([name, file]) => [
        name,
        gzipSync(readFileSync(join(root, file)), { level: 9 }).toString('base64'),
      ]);
      const contents = `const packs = ${JSON.stringify(Object.fromEntries(texts))};\nexport const packed = (asset) => Buffer.from(packs[asset], 'base64');`;
      return { contents, loader: 'js' };
    });
  },
};

const CHANGES = [inlineEtcdProto, lazySsh, quietModem, noDescriptors, inlineAssets];

/** Resolves with the paths, from the root, of the files that are in the bundle. */
async function bundle(entry, outfile) {
  // Write beside the file and rename, so that a server that starts meanwhile never reads half of it.
  const temporary = `${outfile}.${process.pid}.tmp.js`;
  mkdirSync(join(outfile, '..'), { recursive: true });
  try {
    const { metafile } = await build({
      absWorkingDir: root,
      metafile: true,
      entryPoints: [entry],
      outfile: temporary,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      // Identifiers stay as they are: stack traces and error names are read by people.
      minifySyntax: true,
      keepNames: true,
      legalComments: 'none',
      external: ['ssh2'],
      plugins: CHANGES,
      // CommonJS dependencies call require for Node's modules, which an ES module lacks.
      banner: {
        js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
      },
      logLevel: 'warning',
    });
    const missed = outfile === dist ? CHANGES.filter(({ name }) => !changed.has(name)) : [];
    if (missed.length > 0) throw new Error(`no file has the name that these look for: ${missed.map(({ name }) => name).join(', ')}`);
    renameSync(temporary, outfile);
    return Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Builds the service, the set-up that `npm start` runs before it, and the notices of what is in them. */
export async function buildDist() {
  const files = await Promise.all([
    bundle(join(root, 'src', 'main.ts'), dist),
    bundle(join(root, 'scripts', 'install', 'set-up.ts'), setUpDist),
  ]);
  const parts = [...files.flat(), ...Object.values(ASSETS)];
  writeFileSync(join(dist, '..', 'THIRD-PARTY-NOTICES.txt'), noticesOf(root, parts));
  // Read by the bill of materials and the check of vulnerabilities: what is in the program, not what the tools need.
  writeFileSync(join(dist, '..', 'packages.json'), `${JSON.stringify(bundledPackages(root, parts), null, 2)}\n`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await buildDist();
