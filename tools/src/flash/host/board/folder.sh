# A fresh private folder on the board that lives as long as the connection: its name is printed,
# and it is removed when stdin ends, however the other side ends. Runs as `sh -c`.
# shellcheck shell=sh
folder=$(mktemp -d /var/tmp/needledrop.XXXXXX) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM PIPE
printf '@folder=%s\n' "$folder"
cat >/dev/null
