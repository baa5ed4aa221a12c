// The parts that the bodies of several commands share. What a Go client leaves out or sends as null gets the zero value that the Go
// program would see, wherever that is harmless; `default` says which.
import Type from 'typebox';

/** The API's numbers are int64 in Go; every integer that a JSON number holds exactly is accepted. */
export const Integer = (description: string, more: object = {}): ReturnType<typeof Type.Integer> =>
  Type.Integer({ description, minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER, ...more });

/** No NUL: no path, variable or argument of a process can hold one. */
const NO_NUL = '^[^\\u0000]*$';
export const Text = (description: string, more: object = {}): ReturnType<typeof Type.String> =>
  Type.String({ description, pattern: NO_NUL, ...more });

export const StopTimeout = Type.Optional(
  Integer('Seconds from SIGTERM to SIGKILL when this container is stopped or replaced.', { minimum: 0, maximum: 86_400 }),
);

export const Bind = Type.Object(
  {
    src: Text('Beginning with / a path of the host, otherwise a Docker volume.'),
    dest: Text('Where it is mounted in the container: an absolute path, not /.'),
  },
  { description: 'A bind mount.' },
);

export const VolumeSize = Text('A number with KB, MB, GB or TB.', { default: '' });
export const NewName = Text('Letters, digits, _ and . ; no dash, which separates the name from the version.', { default: '' });

/** Of a command that its name alone describes. */
export const NoBody = Type.Object({});
