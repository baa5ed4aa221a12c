// /api/v1/log: what is true of the log itself.
import Type from 'typebox';
import { commands } from '../../commands/command.ts';
import { LEVEL } from '../../events/catalogue.ts';
import { Integer, Text } from '../openapi/schema-parts.ts';
import { validated } from '../request/validate.ts';
import { refused } from '../response/failure.ts';
import { type ApiRoute, type Call, read } from '../route.ts';

const PATH = '/api/v1/log/level';

async function raise({ service, origin, body, dryRun }: Call): Promise<unknown> {
  const fields = validated(commands.raiseLogLevel.schema, body === undefined ? {} : body);
  const outcome = await service.raiseLogLevel({ do: 'raiseLogLevel', ...fields }, origin, dryRun);
  if (!outcome.ok) throw refused(outcome.rejection);
  return dryRun ? outcome.plan : { level: service.state().logLevel };
}

const LevelInfo = Type.Object({
  level: Type.Integer({ description: 'Event types of higher levels are not written.' }),
  writes: Type.Integer({ description: 'The highest level that this release writes.' }),
  hosts: Type.Array(Type.Object({ name: Text, reads: Type.Integer({ description: 'The highest level that its server reads.' }) })),
});

export const logRoutes: readonly ApiRoute[] = [
  read(PATH, 'getLogLevel', 'Get the level of the log', {
    answer: LevelInfo,
    right: 'readAll',
    data: ({ logLevel, hosts }) => ({
      level: logLevel,
      writes: LEVEL,
      hosts: [...hosts.values()].map(({ name, reads }) => ({ name, reads })),
    }),
  }),
  {
    method: 'POST',
    path: PATH,
    id: 'raiseLogLevel',
    summary: 'Raise the level of the log',
    right: 'admin',
    command: 'raiseLogLevel',
    body: commands.raiseLogLevel.schema,
    answer: Type.Object({ level: Integer }),
    plans: true,
    handle: raise,
  },
];
