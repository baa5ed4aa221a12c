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
  /**
   * An operator put the log back to an earlier moment: what followed the event before this one in the former log is lost. `last`: the end of
   * the former log as far as the data directory knew it, by a signed checkpoint or a snapshot; absent where it knew of nothing later. `lost`: events that are
   * lost at least. From here on the hosts of the log, and those that it first hears of later, give and start nothing until each has `RestoreSettled`.
   */
  LogRestored: Type.Object(
    {
      by: Type.String(),
      lost: Type.Integer({ minimum: 0 }),
      last: Type.Optional(
        Type.Object({ seq: Type.Integer({ minimum: 1 }), hash: Type.Optional(Type.String()), time: Type.Optional(Type.String()) }, closed),
      ),
    },
    closed,
  ),
} as const;
