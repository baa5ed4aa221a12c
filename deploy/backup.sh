#!/bin/sh
# Backs up the event log of gpu-docker-api, verified. Segments of the archive never change: each is copied once, and exported is what follows them.
#
#   $BACKUP_DIR/segments/FIRST-LAST.jsonl.gz    the archived beginning of the log
#   $BACKUP_DIR/events-FROM-TIME.jsonl.gz       the rest, from sequence FROM, of that time (UTC)
#   $BACKUP_DIR/checkpoints.jsonl, checkpoint.pub
#
# Restored by: gpu-docker-api log import $BACKUP_DIR/segments/*.jsonl.gz $BACKUP_DIR/events-FROM-TIME.jsonl.gz
# Exports older than KEEP_DAYS days are removed, but never the newest. A copy that does not verify removes nothing, and ends with 3.
# The secret keys are not copied: they belong to a place apart from the log.
set -eu
umask 077

data=${GPU_DOCKER_API_DATA_DIR:-/var/lib/gpu-docker-api}
archive=${GPU_DOCKER_API_ARCHIVE_DIR:-$data/segments}
checkpoints=${GPU_DOCKER_API_CHECKPOINT_FILE:-$data/checkpoints.jsonl}
backup=${BACKUP_DIR:-/var/backups/gpu-docker-api}
program=${GPU_DOCKER_API:-gpu-docker-api}

mkdir -p "$backup/segments"
from=1
for segment in "$archive"/*.jsonl.gz; do
  [ -e "$segment" ] || continue
  name=${segment##*/}
  if [ ! -e "$backup/segments/$name" ]; then
    cp "$segment" "$backup/segments/.$name.partial"
    mv "$backup/segments/.$name.partial" "$backup/segments/$name"
  fi
  last=${name#*-}
  from=$(($(printf %s "${last%.jsonl.gz}" | sed 's/^0*//') + 1))
done

# The checkpoints first: an event that they cover is in the export that follows.
if [ -e "$checkpoints" ]; then
  cp "$checkpoints" "$backup/.checkpoints.partial" && mv "$backup/.checkpoints.partial" "$backup/checkpoints.jsonl"
  cp "$data/checkpoint.pub" "$backup/checkpoint.pub"
fi

export=events-$from-$(date -u +%Y%m%dT%H%M%SZ).jsonl.gz
partial=$backup/.$export.partial.gz
trap 'rm -f "$partial" "$backup/.exported"' EXIT
# Not a pipe: its exit code would be that of gzip, and a cut export would pass for a whole one.
"$program" log export --from "$from" > "$backup/.exported"
gzip -c "$backup/.exported" > "$partial"
rm "$backup/.exported"

set --
for segment in "$backup"/segments/*.jsonl.gz; do
  [ -e "$segment" ] && set -- "$@" "$segment"
done
if [ -e "$backup/checkpoints.jsonl" ]; then
  "$program" log verify --checkpoint "$backup/checkpoints.jsonl" --key "$backup/checkpoint.pub" --events "$@" "$partial"
else
  "$program" log verify --events "$@" "$partial"
fi
mv "$partial" "$backup/$export"
find "$backup" -maxdepth 1 -name 'events-*.jsonl.gz' ! -name "$export" -mtime "+${KEEP_DAYS:-30}" -delete
echo "$backup/$export"
