// The order to take back what a restored log does not know, or to take in what was there before the log: a replicaSet, or a volume.
import Type from 'typebox';
import { AdoptBody, AdoptVolumeBody } from '../../commands/request/adopt-body.ts';
import type { Adoption } from '../../commands/service.ts';
import { Integer, keyed, Text } from '../openapi/schema-parts.ts';
import { validated } from '../request/validate.ts';
import { refused } from '../response/failure.ts';
import type { ApiRoute } from '../route.ts';

const Adopted = Type.Object({
  name: Text,
  version: Type.Integer({ description: 'The version that was taken back or in; 0: the log has it already.' }),
  state: Type.Enum(['running', 'exited', 'ready']),
  gpus: Type.Array(Text, { description: 'UUIDs that it is given, as it uses them.' }),
  ports: keyed(Integer, 'Container port → host port.'),
  volumes: Type.Array(Text, { description: 'Volumes that were taken back with it.' }),
  approximate: Type.Array(Text, {
    description: 'What could not be read exactly, and what becomes of other versions of the volumes, a sentence each.',
  }),
});

const route = (
  what: Adoption['what'],
  path: string,
  id: string,
  summary: string,
  body: typeof AdoptBody | typeof AdoptVolumeBody,
): ApiRoute => ({
  method: 'POST',
  path,
  id,
  summary,
  right: 'admin',
  body,
  answer: Adopted,
  plans: true,
  handle: async ({ service, name, origin, dryRun, setEtag, body: given }) => {
    const { unlabelled } = validated(body, given === undefined ? {} : given);
    const outcome = await service.adopt(what, name, origin, dryRun, unlabelled);
    if (!outcome.ok) throw refused(outcome.rejection);
    if (dryRun && outcome.plan.etag !== null) setEtag(outcome.plan.etag);
    if (dryRun) return outcome.plan;
    const { what: _, ports, ...adoption } = outcome.adoption;
    return { ...adoption, ports: Object.fromEntries(ports.map(({ containerPort, hostPort }) => [containerPort, hostPort])) };
  },
});

export const adoptRoutes: readonly ApiRoute[] = [
  route(
    'replicaSet',
    '/api/v1/replicaSet/:name/adopt',
    'adoptReplicaSet',
    'Take back, or take in, a container that the log does not know',
    AdoptBody,
  ),
  route(
    'volume',
    '/api/v1/volumes/:name/adopt',
    'adoptVolume',
    'Take back, or take in, a volume that the log does not know',
    AdoptVolumeBody,
  ),
];
