// Containers and volumes that carry our labels with the id of another log.
import type { OtherLog } from '../../commands/outside/engine.ts';
import type { DockerApi } from './connection/api.ts';
import { labelFilter, ownerOf } from './connection/labels.ts';
import type { RawContainerSummary, RawVolume } from './connection/raw.ts';

/** The logs other than `log` that have a container, running or not, or a volume on this Docker. */
export async function listOtherLogs(api: DockerApi, log: string): Promise<readonly OtherLog[]> {
  const containerQuery = { all: true, filters: { label: labelFilter('container', {}) } };
  const volumeQuery = { filters: { label: labelFilter('volume', {}) } };
  const [containers, { Volumes }] = await Promise.all([
    api.call<readonly RawContainerSummary[]>('list of containers', { path: '/containers/json', query: containerQuery }),
    api.call<{ Volumes: readonly RawVolume[] | null }>('list of volumes', { path: '/volumes', query: volumeQuery }),
  ]);
  const found = new Map<string, { containers: string[]; volumes: string[] }>();
  const ofLog = (id: string): { containers: string[]; volumes: string[] } => {
    const known = found.get(id) ?? { containers: [], volumes: [] };
    found.set(id, known);
    return known;
  };
  for (const { Id, Names, Labels } of containers) {
    const theirs = ownerOf(Labels, 'container')?.log;
    if (theirs !== undefined && theirs !== log) ofLog(theirs).containers.push((Names[0] ?? Id).replace(/^\//, ''));
  }
  for (const { Name, Labels } of Volumes ?? []) {
    const theirs = ownerOf(Labels, 'volume')?.log;
    if (theirs !== undefined && theirs !== log) ofLog(theirs).volumes.push(Name);
  }
  return [...found].map(([id, things]) => ({ log: id, ...things }));
}
