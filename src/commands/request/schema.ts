// The parts that the bodies of several commands share. A Go client leaves unset fields out or sends null. Wherever that is harmless, such
// a field gets the zero value that the Go program would see: its `default`.
import Type from 'typebox';

/** The API's numbers are int64 in Go; every integer that a JSON number holds exactly is accepted. */
export const Integer = (description: string, more: object = {}): ReturnType<typeof Type.Integer> =>
  Type.Integer({ description, minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER, ...more });

/** Characters, at most, of: a name, a reference to an image, a path (as Linux has it), an argument or a variable of a process (as Linux has it), a word. */
export const LONGEST = { name: 255, image: 512, path: 4_096, argument: 131_071, word: 64 } as const;

/** No NUL: no path, variable or argument of a process can hold one. */
const NO_NUL = '^[^\\u0000]*$';
/** At most 4,096 characters, where `more` has no other `maxLength`. */
export const Text = (description: string, more: object = {}): ReturnType<typeof Type.String> =>
  Type.String({ description, maxLength: LONGEST.path, pattern: NO_NUL, ...more });

export const StopTimeout = Type.Optional(
  Integer('Seconds from SIGTERM to SIGKILL when this container is stopped or replaced; at most as many as --max-stop-timeout says.', {
    minimum: 0,
  }),
);

export const Bind = Type.Object(
  {
    src: Text(
      'Beginning with / a path of the host that --allow-bind allows, otherwise a volume: of this service, by its current version, or one that an operator marked.',
      { maxLength: LONGEST.path },
    ),
    dest: Text('Where it is mounted in the container: an absolute path, not /.', { maxLength: LONGEST.path }),
  },
  { description: 'A bind mount.' },
);

export const SecretEnv = Type.Optional(
  Type.Array(Text('NAME=value', { maxLength: LONGEST.argument }), {
    description:
      'Variables whose values are recorded encrypted and never shown. In a patch: those that are added or change; all others stay.',
    maxItems: 1000,
  }),
);

export const VolumeSize = Text('A number with KB, MB, GB or TB.', { maxLength: LONGEST.word, default: '' });
export const NewName = Text('Letters, digits, _ and . ; no dash, which separates the name from the version.', {
  maxLength: LONGEST.name,
  default: '',
});

/** The body of a command that needs none. */
export const NoBody = Type.Object({});
