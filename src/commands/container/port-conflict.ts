// A start that was refused because somebody else listens on a host port: the container is made anew on another port.
import type { NewEvent } from '../../events/catalogue.ts';
import { findVersion, type Operation, type ReplicaSet } from '../../projections/state.ts';
import type { OpenOperation } from '../operation/steps.ts';
import type { StartResult } from '../outside/engine.ts';
import { choosePorts } from './allocate.ts';

/** Retries of a start on another host port, until the operation is given up. */
const MAX_PORT_CONFLICTS = 8;

/** The host port to replace; null when the start failed for another reason, or too often. */
export function conflictingPort(
  rs: ReplicaSet,
  operation: Operation,
  version: number,
  start: Extract<StartResult, { started: false }>,
): number | null {
  if (start.why !== 'port-taken' || operation.conflicts.length >= MAX_PORT_CONFLICTS) return null;
  const hostPort = start.hostPort ?? findVersion(rs, version)?.ports[0]?.hostPort;
  return hostPort !== undefined && rs.ports.some((p) => p.hostPort === hostPort) ? hostPort : null;
}

/** Allocates another host port in place of the one that somebody else listens on. */
export function anotherPort(
  { state, stream, aggregate: rs, operation }: OpenOperation<ReplicaSet>,
  version: number,
  busyPorts: ReadonlySet<number>,
): readonly NewEvent[] {
  const taken = rs.ports.find((p) => p.hostPort === operation.conflict);
  if (taken === undefined) return [];
  const busy = new Set([...busyPorts, ...operation.conflicts]);
  const chosen = choosePorts(state.hosts.get(rs.host), [taken.containerPort], [], [], busy);
  // The old container has the port, too, and goes back to it if the operation is undone: it is released only at the end.
  const isHeldByOld = operation.held.ports.some((p) => p.hostPort === taken.hostPort);
  const given: NewEvent[] = isHeldByOld ? [] : [{ type: 'PortReleased', stream, data: { version, ports: [{ ...taken }] } }];
  if (!chosen.ok)
    return [...given, { type: 'ContainerVersionFailed', stream, data: { version, step: 'startContainer', message: chosen.message } }];
  return [...given, { type: 'PortAllocated', stream, data: { version, ports: chosen.value } }];
}
