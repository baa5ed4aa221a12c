// The cgroup freezer: docker pause and unpause.
import type { ContainerRef } from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import type { DockerApi } from '../connection/api.ts';
import { isStatus } from '../connection/errors.ts';
import { containerId, inspectContainer } from './containers.ts';

/** Docker answers with 409 or 500 where it is so already, and where the container does not run; only a look tells which. */
async function order(api: DockerApi, ref: ContainerRef, verb: 'pause' | 'unpause'): Promise<void> {
  const id = await containerId(api, ref);
  const name = ref.containerName;
  const wanted = verb === 'pause' ? 'paused' : 'running';
  try {
    const path = `/containers/${id}/${verb}`;
    await api.call(`${verb} of container ${name}`, { method: 'POST', path, ms: api.deadlines.slowMs });
  } catch (error) {
    const seen = isStatus(error, 404, 409, 500) ? await inspectContainer(api, id) : null;
    if (seen === null) throw error;
    if (seen === undefined) throw new EngineError('not-found', `container ${name} is not on this host`);
    const { Status } = seen.State;
    if (Status === wanted) return;
    if (Status === 'running' || Status === 'paused') throw error;
    throw new EngineError('conflict', `container ${name} is ${Status}: its processes have ended`, { cause: error });
  }
}

export const freezeContainer = (api: DockerApi, container: ContainerRef): Promise<void> => order(api, container, 'pause');
export const thawContainer = (api: DockerApi, container: ContainerRef): Promise<void> => order(api, container, 'unpause');
