#!/bin/sh
# Puts Node, its loader and every library it needs into the directory that is named, and the few files that glibc reads.
set -eu

to=$1
node=$(command -v node)
mkdir -p "$to/usr/local/bin" "$to/etc" "$to/tmp" "$to/app"
cp -L "$node" "$to/usr/local/bin/node"
chmod 1777 "$to/tmp"

# ldd prints "name => /path (address)" for a library and "/path (address)" for the loader.
needs=$(ldd "$node")
case $needs in *'not found'*) echo "$needs" >&2; exit 1 ;; esac
for file in $(echo "$needs" | grep -o '/[^ ]*'); do
  mkdir -p "$to$(dirname "$file")"
  cp -L "$file" "$to$file"
done

printf 'root:x:0:0::/:/none\ndrylane:x:65532:65532::/tmp:/none\n' > "$to/etc/passwd"
printf 'root:x:0:\ndrylane:x:65532:\n' > "$to/etc/group"
printf 'hosts: files dns\n' > "$to/etc/nsswitch.conf"
chroot "$to" /usr/local/bin/node --version >/dev/null
