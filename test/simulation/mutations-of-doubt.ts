// More mutations (see mutations.ts): of identity, of doubt and of what others do on the machine.
import type { Mutation } from './mutations.ts';

const one = (rule: number, what: string, file: string, find: string, put: string): Mutation => ({
  rule,
  what,
  edits: [{ file, find, put }],
});

const ofLoss = (what: string, file: string, find: string, put: string): Mutation => ({ ...one(12, what, file, find, put), on: 'loss' });

export const MUTATIONS_OF_DOUBT: readonly Mutation[] = [
  one(
    12,
    'a GPU that somebody uses by hand is given out',
    'src/commands/container/allocate.ts',
    'const usable = unheld.filter((g) => g.holder === name || !foreign.has(g.gpu));',
    'const usable = unheld;',
  ),
  one(
    11,
    'a host is led beside another log',
    'src/infra/runtime/lead/recognition.ts',
    'if (others.length > 0) this.#refuse',
    'if (others.length > 1_000) this.#refuse',
  ),
  one(
    12,
    'what an operation does not find is given up at once',
    'src/infra/runtime/absence/missing-steps.ts',
    'if (monotonic() - since < doubtMs) return false;',
    'if (doubtMs > 0) return true;',
  ),
  one(
    12,
    'a delete believes at once that its container is gone',
    'src/infra/runtime/absence/missing-steps.ts',
    "return aggregate.operation?.kind === 'delete' && step.container.id !== undefined;",
    'return false;',
  ),
  ofLoss(
    'a container that is taken back is removed without its disk',
    'src/commands/replica-set/stop.ts',
    "isSuperseded(rs, from) && (has(operation, 'SystemDiskSaved') || from.failed !== undefined)",
    'isSuperseded(rs, from)',
  ),
  ofLoss(
    'mass absence is believed',
    'src/commands/host/absence.ts',
    'missing.length + underWay > Math.max(ALWAYS, expected * SHARE)',
    'missing.length + underWay > expected',
  ),
  one(
    3,
    'a containerd that restarts counts as a refusal',
    'src/infra/docker/connection/errors.ts',
    '|ttrpc: closed|transport is closing',
    '',
  ),
  {
    ...one(
      12,
      'what others freeze or thaw is not recorded',
      'src/commands/host/reconcile.ts',
      "? [] : [{ type, stream, data: { version, reason: 'outside' } }];",
      '? [] : [];',
    ),
    on: 'outside',
  },
  {
    ...one(
      12,
      'a thaw gives up what it does not find',
      'src/commands/replica-set/freeze.ts',
      'import { begin, failedAsItIs, refuse }',
      'import { begin, failedOrVanished as failedAsItIs, refuse }',
    ),
    from: 24,
  },
];
