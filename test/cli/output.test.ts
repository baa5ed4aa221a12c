// What a listing prints: tables that fit the terminal, templates, JSON lines, names alone; and events on one line.
import { once } from 'node:events';
import { createServer } from 'node:http';
import stringWidth from 'string-width';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { eventText } from '../../src/cli/output/event-text.ts';
import { type Column, printRows, rowFlags, rowPrinter } from '../../src/cli/output/rows.ts';
import { cut, growingTable, tableText } from '../../src/cli/output/table.ts';
import { shownTime } from '../../src/cli/output/time.ts';
import { type Arguments, readArguments } from '../../src/cli/subcommand.ts';
import type { Envelope } from '../../src/events/envelope.ts';
import { UsageError } from '../../src/infra/options/usage-error.ts';
import { run, terminal } from './support.ts';

const test = suite('output of the command line');

interface Gpu {
  readonly gpu: string;
  readonly index: number;
  readonly holder: string | null;
  readonly model: string;
}
const gpus: readonly Gpu[] = [
  { gpu: 'GPU-0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f', index: 0, holder: 'train', model: 'NVIDIA A100-SXM4-80GB' },
  { gpu: 'GPU-1a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f', index: 1, holder: null, model: 'NVIDIA A100-SXM4-80GB' },
];
const columns: readonly Column<Gpu>[] = [
  { field: 'index', of: ({ index }) => index },
  { field: 'gpu', of: ({ gpu }) => gpu, least: 12 },
  { field: 'model', of: ({ model }) => model, least: 8 },
  { field: 'replicaSet', head: 'HELD BY', of: ({ holder }) => holder },
  { field: 'held', of: ({ holder }) => (holder === null ? 'no' : 'yes'), hidden: true },
];

const argumentsOf = (...argv: readonly string[]): Arguments => {
  const args = readArguments({ name: 'gpus', summary: '', details: '', flags: rowFlags('UUID') }, argv);
  if (args === 'help') throw new Error('help');
  return args;
};
function printed(argv: readonly string[], width: number | null = null, rows: readonly Gpu[] = gpus): string {
  const io = terminal({ width });
  const listing = { columns, rows, json: { gpus: rows }, none: 'No GPUs.', above: 'As of event 7', name: ({ gpu }: Gpu) => gpu };
  assert.is(printRows(io, argumentsOf(...argv), listing), 0);
  return io.said.out;
}

test('a pipe gets all of a table', () => {
  assert.is(
    printed([]),
    [
      'As of event 7',
      'INDEX  GPU                                       MODEL                  HELD BY',
      '    0  GPU-0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f  NVIDIA A100-SXM4-80GB  train',
      '    1  GPU-1a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f  NVIDIA A100-SXM4-80GB  -',
      '',
    ].join('\n'),
  );
});

test('on a terminal no line is wider than it is: the widest column gives first', () => {
  assert.is(
    printed([], 60),
    [
      'As of event 7',
      'INDEX  GPU                    MODEL                  HELD BY',
      '    0  GPU-0a1b2c3d-0a1b-0a…  NVIDIA A100-SXM4-80GB  train',
      '    1  GPU-1a1b2c3d-0a1b-0a…  NVIDIA A100-SXM4-80GB  -',
      '',
    ].join('\n'),
  );
  for (const width of [80, 60, 40, 30, 12, 1])
    for (const line of printed([], width).split('\n').slice(1)) assert.ok(stringWidth(line) <= width, `${width}: ${line}`);
  assert.is(printed(['--no-trunc'], 40), printed([]));
  assert.match(printed([], 40), /^ {4}0 {2}GPU-0a1b2c3…/m);
});

test('columns that may not be cut are cut last, with the whole line', () => {
  const table = { columns: ['NAME', { head: 'IMAGE', least: 3 }], rows: [['a-long-name', 'ubuntu']] };
  assert.is(tableText(table, false, 17).split('\n')[1], 'a-long-name  ubu…');
  assert.is(tableText(table, false, 10).split('\n')[1], 'a-long-na…');
});

test('wide characters are counted as the terminal does, and are not halved', () => {
  assert.is(cut('王小明', 6), '王小明');
  assert.is(cut('王小明', 5), '王小…');
  assert.is(cut('王小明', 4), '王…');
  assert.is(cut('abc', 0), '');
});

test('a table in parts keeps to the terminal, too', () => {
  const lines = growingTable(['N', { head: 'TEXT', least: 4 }], false, 20);
  const all = [...lines([[1, 'short']]), ...lines([[1_000, 'a much longer text than before']])];
  assert.equal(all, ['N  TEXT', '1  short', '1000  a much longer…'.slice(0, 20)]);
});

test('a template: fields in any case, escapes, JSON of a field and of a row', () => {
  assert.is(printed(['--format', '{{.Index}}\\t{{ .replicaset }}\\t{{.HELD}}'], 20), '0\ttrain\tyes\n1\t\tno\n');
  assert.is(printed(['--format', '{{json .ReplicaSet}} {{json .Index}}']), '"train" 0\nnull 1\n');
  const [first = ''] = printed(['--format', '{{json .}}']).split('\n');
  const row = { index: 0, gpu: gpus[0]?.gpu, model: gpus[0]?.model, replicaSet: 'train', held: 'yes' };
  assert.equal(JSON.parse(first), row);
  assert.is(printed(['--format', '{{json .}}']), printed(['--format', 'json']));
  assert.is(printed(['--format=table']), printed([]));
  assert.is(
    printed(['--format', 'table {{.Gpu}}\\t{{.Index}}/{{.Held}}'], 30),
    'As of event 7\nGPU                 INDEX/HELD\nGPU-0a1b2c3d-0a1b…  0/yes\nGPU-1a1b2c3d-0a1b…  1/no\n',
  );
  const wrong = (format: string, says: RegExp): void =>
    assert.throws(
      () => printed(['--format', format]),
      (error: unknown) => error instanceof UsageError && says.test(error.message),
    );
  wrong('{{.Name}}', /^--format: there is no field .Name; the fields are .Index, .Gpu, .Model, .ReplicaSet, .Held$/);
  wrong('{{range .}}x{{end}}', /holds more than fields such as {{.Index}} or {{json .}}/);
  wrong('{{.constructor}}', /there is no field .constructor/);
});

test('control characters of a client steer no terminal', () => {
  const [gpu] = gpus;
  assert.ok(gpu !== undefined);
  const evil = [{ ...gpu, holder: 'a\u001b[2Jb\nc' }];
  for (const argv of [[], ['--format', '{{.ReplicaSet}}'], ['--format', 'table {{.ReplicaSet}}']])
    assert.match(printed(argv, null, evil), 'a\\x1b[2Jb\\x0ac');
});

test('--quiet, --json, and one of them alone', () => {
  assert.is(printed(['-q'], 20), gpus.map(({ gpu }) => `${gpu}\n`).join(''));
  assert.is(printed(['-q'], null, []), '');
  assert.equal(JSON.parse(printed(['--json'])), { gpus });
  assert.throws(() => printed(['-q', '--json']), /^--json and --quiet: choose one$/);
  assert.throws(() => printed(['-q', '--format', 'json']), /--quiet and --format: choose one/);
});

test('no rows', () => {
  assert.is(printed([], null, []), 'As of event 7\nNo GPUs.\n');
  assert.is(printed(['--format', 'json'], null, []), '');
  const io = terminal();
  const printer = rowPrinter(io, argumentsOf(), { columns, none: 'No GPUs.' });
  printer.part([]);
  for (const gpu of gpus) printer.part([gpu]);
  printer.end();
  assert.is(io.said.out.split('\n').length, 4);
});

test('a time in a table has its zone, and whole seconds', () => {
  assert.is(shownTime('2026-11-25T04:44:30.600Z'), '2026-11-25T04:44:30Z');
  assert.is(shownTime('2026-11-25T04:44:30Z'), '2026-11-25T04:44:30Z');
  assert.is(shownTime('2026-11-25 12:44:30'), '2026-11-25 12:44:30');
});

test('an event takes one line of the terminal, and all that it needs of a pipe', () => {
  const event = {
    seq: 442,
    type: 'ContainerVersionCreated',
    stream: 'replicaSet/foo',
    time: '2026-11-25T04:44:30.600Z',
    command: { id: 'x', name: 'run', actor: 'alice' },
    data: { text: 'x'.repeat(300) },
  } as unknown as Envelope;
  assert.is(eventText(event, false, 80), '442  2026-11-25T04:44:30Z  ContainerVersionCreated  replicaSet/foo  alice run  …');
  for (const width of [10, 40, 80, 139, 140, 200]) {
    assert.ok(stringWidth(eventText(event, false, width)) <= width, String(width));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes of colours are what is left out
    assert.is(eventText(event, true, width).replace(/\u001b\[\d+m/g, ''), eventText(event, false, width));
  }
  assert.match(eventText(event, false), 'x'.repeat(300));
});

test('what a server says steers no terminal: neither in a failure, nor in the details of an operation', async () => {
  const reason = 'the registry says \u001b]0;owned\u0007\u009b2J';
  const operation = { id: 'op', stream: 'replicaSet/foo', kind: 'run', phase: 'forward', since: '2026-01-01T00:00:00.000Z', actor: 'ann' };
  const stalled = { since: operation.since, attempts: 2, reason };
  const server = createServer((request, response) => {
    const isRead = request.method === 'GET';
    const data = { operation: { ...operation, done: [], step: null, undoable: false, stalled, state: 'open' } };
    response.statusCode = isRead ? 200 : 503;
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(isRead ? { code: 200, msg: 'Success', data } : { code: 1008, msg: reason, data: null }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const at = ['--server', `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`];
  try {
    for (const argv of [
      ['stop', 'foo'],
      ['stop', 'foo', 'bar'],
      ['operations', 'undo', 'op'],
      ['operations', 'op'],
    ]) {
      const { out, err } = await run(...argv, ...at);
      assert.match(out + err, /the registry says \\x1b\]0;owned\\x07\\x9b2J/, argv.join(' '));
      assert.not.match(out + err, /(?!\n)\p{Cc}/u, argv.join(' '));
    }
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test.run();
