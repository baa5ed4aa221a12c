// What the order to adopt says of a container or volume that carries no label of ours.
import Type, { type Static } from 'typebox';
import { Integer, LONGEST, Text } from './schema.ts';

/** Earlier versions that one order takes in, at most: it is one record. */
export const MOST_PAST = 99;

const VERSION = { minimum: 1 };

const PastVersion = Type.Object(
  {
    version: Integer('Its number, lower than that of the container.', VERSION),
    createTime: Text('When it was made, ISO 8601.', { maxLength: LONGEST.word }),
    imageName: Text('The image that it was run from.', { maxLength: LONGEST.image }),
    gpuCount: Integer('GPUs that it had.', { minimum: 0, maximum: 1024 }),
    binds: Type.Array(
      Type.Object({ src: Text('A path of the host, or a volume of Docker.'), dest: Text('Where it was mounted in the container.') }),
      { maxItems: 1000 },
    ),
    env: Type.Array(Text('NAME=value', { maxLength: LONGEST.argument }), { maxItems: 1000 }),
    containerPorts: Type.Array(Text('A port of the container.', { maxLength: LONGEST.word }), { maxItems: 1000 }),
    cmd: Type.Optional(Type.Array(Text('An argument.', { maxLength: LONGEST.argument }), { maxItems: 1000 })),
  },
  { description: 'A version that is no more: it is shown, and nothing can be rolled back to it.' },
);
export type PastVersion = Static<typeof PastVersion>;

export const AdoptBody = Type.Object(
  {
    unlabelled: Type.Optional(
      Type.Object(
        {
          version: Integer('The container is called NAME-VERSION.', VERSION),
          history: Type.Optional(Type.Array(PastVersion, { maxItems: MOST_PAST })),
        },
        { description: 'Take in a container that was there before the log and carries no label of the service.' },
      ),
    ),
  },
  { $id: 'AdoptBody' },
);

export const AdoptVolumeBody = Type.Object(
  {
    unlabelled: Type.Optional(
      Type.Object(
        {
          version: Integer('The volume is called NAME-VERSION in Docker.', VERSION),
          size: Type.Optional(Text('As it was asked for, where Docker does not say.', { maxLength: LONGEST.word })),
          createTime: Type.Optional(
            Text('When it was made, ISO 8601; Docker says only when its files last changed.', { maxLength: LONGEST.word }),
          ),
        },
        { description: 'Take in a volume that was there before the log and carries no label of the service.' },
      ),
    ),
  },
  { $id: 'AdoptVolumeBody' },
);

/** The part of either body that says so; of a volume there is a size, of a container a history. */
export type AskedUnlabelled = NonNullable<Static<typeof AdoptBody>['unlabelled']> &
  NonNullable<Static<typeof AdoptVolumeBody>['unlabelled']>;
