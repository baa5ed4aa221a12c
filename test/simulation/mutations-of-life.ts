// More mutations (see mutations.ts): of what happens to a log over days and releases, when it is archived, lost or restored, and to what runs
// beside operations.
import type { Mutation } from './mutations.ts';

const KEYS = 'src/projections/keys/apply-command.ts';
const QUEUE = 'src/infra/runtime/queue/command-queue.ts';

const one = (rule: number, what: string, from: number, file: string, find: string, put: string): Mutation => ({
  ...{ rule, what, from },
  edits: [{ file, find, put }],
});

export const MUTATIONS_OF_LIFE: readonly Mutation[] = [
  one(5, 'a key is forgotten by time alone', 10, KEYS, ' || seq > now.seq - keyLifetime.events', ''),
  one(5, 'a key is forgotten by events alone', 10, KEYS, 'time > oldest || ', ''),
  one(5, 'a key is remembered for ever', 10, KEYS, 'state.commands = state.commands.without(key);\n    left--;', 'left--;'),
  one(
    5,
    'the keys of all actors are one',
    10,
    'src/projections/keys/keyed-commands.ts',
    'keyOf = (actor: string, idempotencyKey: string): string =>',
    "keyOf = (_: string, idempotencyKey: string, actor = ''): string =>",
  ),
  one(
    7,
    'the level is raised while an older release has a host',
    143,
    'src/commands/host/raise-log-level.ts',
    'filter(({ name, reads }) => reads < level && ',
    'filter(({ name, reads }) => reads < 1 && ',
  ),
  one(7, 'a start does not say which level its program reads', 13, 'src/commands/host/reconcile.ts', '...ids, reads: LEVEL }', '...ids }'),
  {
    ...{ rule: 7, what: 'events of level 2 are written at level 1', from: 13 },
    edits: [
      { file: 'src/projections/state.ts', find: 'levelOf(type) <= state.logLevel;', put: 'levelOf(type) <= state.logLevel + 1;' },
      {
        file: 'src/events/evolution/sealable.ts',
        find: 'if (needed <= level) return level;',
        put: 'if (needed <= level + 1) return level;',
      },
    ],
  },
  one(
    1,
    'more is deleted from etcd than was archived',
    18,
    'src/infra/log/archive/archive.ts',
    'const to = Math.min(from + PER_DELETE - 1, manifest.last);',
    'const to = from + PER_DELETE - 1;',
  ),
  one(
    1,
    'the archived beginning is not read',
    18,
    'src/infra/log/full-log.ts',
    'for await (const events of this.#segments.read(next, to)) yield follow(events);',
    'next = Math.max(next, archived + 1);',
  ),
  {
    ...one(
      1,
      'a damaged segment counts as whole',
      18,
      'src/infra/log/archive/segments.ts',
      'return checkSegment(this.dir, manifest);',
      'return manifest.first < 0 ? checkSegment(this.dir, manifest) : Promise.resolve();',
    ),
    on: 'archive',
  },
  {
    ...one(
      7,
      'who leads looks for holes no more',
      587,
      'src/infra/runtime/lead/lead-loop.ts',
      'void watchForHoles(deps, ended, over);',
      'void watchForHoles;',
    ),
    on: 'restored',
  },
  {
    ...one(
      12,
      'a restored host goes on with the operations of the backup',
      77001158,
      'src/infra/runtime/operations/operation-runner.ts',
      ' || isHeld(committer.state, aggregate)) return false;',
      ') return false;',
    ),
    on: 'restored',
  },
  {
    ...one(
      12,
      'a restored host stops what its log does not know',
      513,
      'src/infra/runtime/reconciler.ts',
      'if (await this.restore.holdsBack(containers, volumes)) return;',
      'await this.restore.holdsBack(containers, volumes);',
    ),
    on: 'restored',
  },
  one(
    7,
    'an older log in etcd is believed',
    45,
    'src/infra/log/holes.ts',
    'return head.seq < end ? missing(head.seq + 1, end) : this.#hole(logId, head.seq);',
    'return null;',
  ),
  one(
    13,
    'what housekeeping has under way is a step of the operation that begins meanwhile',
    310_002_887,
    'src/commands/operation/outcome.ts',
    'if ((operation?.id ?? null) !== outcome.operation) return [];',
    '',
  ),
  {
    ...one(
      13,
      'who hangs up keeps the place in the row',
      99,
      'src/infra/runtime/queue/turns.ts',
      'const leave = (): void => {\n          waiting.delete(begin);',
      'const leave = (): void => {',
    ),
    on: 'hang-up',
  },
  {
    rule: 13,
    what: 'a command whose client has hung up is decided all the same',
    from: 50,
    on: 'hang-up',
    edits: [
      { file: QUEUE, find: 'if (!isDecided) throwIfOver(patience); // a decision may be in the log by now', put: '' },
      {
        file: QUEUE,
        find: 'await waitedFor(gatherFacts(needs, { ...factSources, actor: origin.actor }, patience, sealed), patience);',
        put: 'await gatherFacts(needs, { ...factSources, actor: origin.actor }, ENDLESS, sealed);',
      },
    ],
  },
  {
    ...one(
      13,
      'a stop that is cut short goes on to the end of its grace period',
      44,
      'src/infra/runtime/operations/operation-runner.ts',
      "for (const { type, stream, data } of events) if (type === 'StopCutShort') this.#cutShort(stream, data.version);",
      '',
    ),
    on: 'stubborn',
  },
  {
    ...one(
      13,
      'a stop that the log had no room to cut short stays',
      781_773_708,
      'src/infra/runtime/queue/overtaking.ts',
      'cut.catch(() => this.#again(stream, ofStream));',
      'cut.catch(() => {});',
    ),
    on: 'stubborn',
  },
  {
    ...one(
      13,
      'a stop of the term before is not cut short',
      1_104_228_459,
      'src/infra/runtime/operations/interruptions.ts',
      'return this.#underWay.get(stream) ?? (before === undefined ? undefined : before.#at(stream));',
      'return this.#underWay.get(stream);',
    ),
    on: 'stubborn',
  },
  {
    ...one(
      14,
      'an error that nobody foresaw ends an operation',
      75,
      'src/infra/runtime/operations/operation-runner.ts',
      "is tried again');\n        await this.stalls.pause(stream, pauseMs, this.#signal);",
      "is tried again');\n        return;",
    ),
    on: 'bug',
  },
  {
    ...one(
      5,
      'rights are judged at the door alone',
      201,
      'src/commands/command.ts',
      'misdirected(state, command, host) ?? notPermitted(state, command, context.by) ?? ',
      'misdirected(state, command, host) ?? ',
    ),
    on: 'keys',
  },
  {
    ...one(
      5,
      'a command without a key is done though there are keys by now',
      201,
      'src/commands/request/keys/rights.ts',
      'const isOpen = [...state.keys.values()].every(isRevoked);',
      'const isOpen = true;',
    ),
    on: 'keys',
  },
];
