// /api/v1/resources, as the Go program has them, and /api/v1/gpus with what that one does not say of a GPU.
import { gpuList, gpuUsage, portUsage } from '../../projections/views/resources.ts';
import { type Route, read } from '../route.ts';

export const resourceRoutes: readonly Route[] = [
  read('/api/v1/resources/gpus', 'Get gpu usage status', (state, _, { hostName }) => ({ gpus: gpuUsage(state.hosts.get(hostName)) })),
  read('/api/v1/gpus', 'List the GPUs', (state, _, { hostName }) => ({ gpus: gpuList(state.hosts.get(hostName)) })),
  read('/api/v1/resources/ports', 'Get port usage status', (state, _, { hostName }) => ({ ports: portUsage(state.hosts.get(hostName)) })),
];
