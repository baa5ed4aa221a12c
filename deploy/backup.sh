#!/bin/sh
# Backs up the event log of gpu-docker-api, verified. Segments of the archive never change: each is copied once, and exported is what follows them.
#
#   $BACKUP_DIR/segments/FIRST-LAST.jsonl.gz    the archived beginning of the log
#   $BACKUP_DIR/events-FROM-TIME.jsonl.gz       the rest, from sequence FROM, of that time (UTC)
#   $BACKUP_DIR/checkpoints.jsonl, checkpoint.pub
#
# Restored by: gpu-docker-api log import $BACKUP_DIR/segments/*.jsonl.gz $BACKUP_DIR/events-FROM-TIME.jsonl.gz
# With an older export, name only the segments that end before its FROM.
#
# Everything is verified before it takes its place: a backup that fails leaves what was there. It ends with 3 where the copy does not verify, otherwise
# with 1 or 2. Exports older than KEEP_DAYS days are removed by one that comes off, but never the newest.
# The secret keys are not copied: they belong to a place apart from the log.
set -eu
umask 077

data=${GPU_DOCKER_API_DATA_DIR:-/var/lib/gpu-docker-api}
archive=${GPU_DOCKER_API_ARCHIVE_DIR:-$data/segments}
checkpoints=${GPU_DOCKER_API_CHECKPOINT_FILE:-$data/checkpoints.jsonl}
backup=${BACKUP_DIR:-/var/backups/gpu-docker-api}
program=${GPU_DOCKER_API:-gpu-docker-api}

mkdir -p "$backup/segments"
# This runs as root. Who else may write in there could put a link in the place of a file, and have any file of the host overwritten.
uid=$(id -u)
strange=$(find "$backup/." "$backup/segments/." -maxdepth 0 \( ! -user "$uid" -o -perm -020 -o -perm -002 \))
if [ -n "$strange" ] || [ -L "$backup/segments" ]; then
  echo "$backup and what is in it must belong to $(id -un), and nobody else may write there: chown and chmod go-w it, or set BACKUP_DIR to another directory" >&2
  exit 1
fi
# One at a time: the second would take away what the first is writing. The lock ends with its process, however that ends.
exec 9> "$backup/.lock"
if ! flock -n 9; then
  echo "another backup writes to $backup: wait until it has ended" >&2
  exit 1
fi
# What is not whole yet; a backup that was killed has left its own.
work=$backup/.partial
rm -rf "$work"
mkdir "$work" "$work/segments"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

from=1
for segment in "$archive"/*.jsonl.gz; do
  [ -e "$segment" ] || continue
  name=${segment##*/}
  if [ ! -e "$backup/segments/$name" ]; then
    cp "$segment" "$work/segments/$name"
    # It is copied once: a power cut must not leave an empty file under its name.
    sync "$work/segments/$name"
  fi
  last=${name#*-}
  from=$(($(printf %s "${last%.jsonl.gz}" | sed 's/^0*//') + 1))
done

# The checkpoints first: an event that they cover is in the export that follows.
proof=$backup
if [ -e "$checkpoints" ]; then
  proof=$work
  cp "$checkpoints" "$work/checkpoints.jsonl"
  cp "$data/checkpoint.pub" "$work/checkpoint.pub"
fi

export=events-$from-$(date -u +%Y%m%dT%H%M%SZ).jsonl.gz
partial=$work/$export
# The exit code of a pipe is that of gzip: the second file says that the export came to its end, and a cut one does not pass for a whole one. In between
# there is no file of the whole text, which for ten million events has 10 GB.
{ "$program" log export --from "$from" && : > "$work/whole"; } | gzip -c > "$partial"
[ -e "$work/whole" ] || exit 1

sync "$partial"

# Each segment once, in the order of the names, which is that of the events.
set --
for name in $({ ls "$backup/segments" && ls "$work/segments"; } | sed -n '/\.jsonl\.gz$/p' | sort -u); do
  segment=$backup/segments/$name
  [ -e "$segment" ] || segment=$work/segments/$name
  set -- "$@" "$segment"
done
if [ -e "$proof/checkpoints.jsonl" ]; then
  "$program" log verify --checkpoint "$proof/checkpoints.jsonl" --key "$proof/checkpoint.pub" --events "$@" "$partial"
else
  "$program" log verify --events "$@" "$partial"
fi

# In this order a power cut leaves an export that has its segments, and checkpoints that are not ahead of it.
for segment in "$work"/segments/*.jsonl.gz; do
  if [ -e "$segment" ]; then mv "$segment" "$backup/segments/"; fi
done
mv "$partial" "$backup/$export"
if [ "$proof" = "$work" ]; then
  mv "$work/checkpoint.pub" "$work/checkpoints.jsonl" "$backup/"
fi
sync "$backup/segments" "$backup"
find "$backup" -maxdepth 1 -name 'events-*.jsonl.gz' ! -name "$export" -mtime "+${KEEP_DAYS:-30}" -exec rm -f {} +
echo "$backup/$export"
