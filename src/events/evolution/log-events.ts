// Events of the stream `log`: what is true of the log itself.
import Type from 'typebox';
import { closed } from '../shapes.ts';

const Level = Type.Integer({ minimum: 1 });

export const logEvents = {
  /**
   * The first event of every log. `id` marks all that this log's service creates in Docker, `level` is the level that the log begins with
   * (absent: 1), `release` the release that created it.
   */
  LogCreated: Type.Object({ id: Type.String(), level: Type.Optional(Level), release: Type.Optional(Type.String()) }, closed),
  /**
   * From here on the log may hold event types of this level; releases that do not know the level stop here. `release` raised it. `except`:
   * hosts that were left out of account because they will not read the log again.
   */
  LogLevelRaised: Type.Object({ level: Level, release: Type.String(), except: Type.Optional(Type.Array(Type.String())) }, closed),
} as const;
