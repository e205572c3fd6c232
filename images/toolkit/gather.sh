#!/bin/sh
# Puts busybox, strace, strace's loader and every library it needs into the directory that is named. What is started
# itself, busybox and the loader, may be run but not read: the kernel lets no process look into one that runs it.
set -eu

to=$1
mkdir -p "$to/lib"
cp /bin/busybox /usr/bin/strace "$to/"

# ldd prints "name => /path (address)" for a library and "/path (address)" for the loader.
needs=$(ldd /usr/bin/strace)
case $needs in *'not found'*) echo "$needs" >&2; exit 1 ;; esac
for file in $(echo "$needs" | grep -o '/[^ ]*'); do
  cp -L "$file" "$to/lib/"
done

chmod -R 0755 "$to"
set -- "$to"/lib/ld-linux*
chmod 0111 "$to/busybox" "$1"
"$1" --library-path "$to/lib" "$to/strace" --version >/dev/null
