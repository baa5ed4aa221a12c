// Every view of a log, as plain JSON: what is kept beside a frozen log, and compared with what today's projections make of it.
import { viewsOf } from '../../src/cli/log/replay.ts';
import type { Envelope } from '../../src/events/envelope.ts';
import { applyAll } from '../../src/projections/apply.ts';
import { addToLedger, emptyLedger } from '../../src/projections/mutable/gpu-ledger.ts';
import { initialState } from '../../src/projections/state.ts';
import { createTime } from '../../src/projections/views/create-time.ts';
import { replicaSetHistory, replicaSetInfo } from '../../src/projections/views/replica-set.ts';
import { volumeHistory, volumeInfo } from '../../src/projections/views/volume.ts';

export function frozenViews(events: readonly Envelope[]): unknown {
  const state = applyAll(initialState, events);
  const ledger = emptyLedger();
  addToLedger(ledger, events);
  const { replicaSets, volumes, ...others } = viewsOf(state);
  // Release 0.1.0 kept the lists with the server's local time.
  const local = <T extends { readonly createTime: string }>(entry: T): T => ({ ...entry, createTime: createTime(entry.createTime) });
  const views = {
    ...others,
    replicaSets: replicaSets.map(local),
    volumes: volumes.map(local),
    replicaSetInfos: [...state.replicaSets.values()].map(({ versions }) => versions.map(replicaSetInfo)),
    replicaSetHistories: [...state.replicaSets.values()].map((rs) => ({ name: rs.name, history: replicaSetHistory(rs).history })),
    volumeInfos: [...state.volumes.values()].map(({ versions }) => versions.map(volumeInfo)),
    volumeHistories: [...state.volumes.values()].map((volume) => ({ name: volume.name, history: volumeHistory(volume).history })),
    ledger: [...ledger.gpus.values()],
    keys: [...state.commands].map(([, command]) => command),
    openExecutions: [...state.executions.values()],
  };
  return JSON.parse(JSON.stringify(views));
}
