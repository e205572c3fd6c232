#!/bin/sh
# Writes a root filesystem that can stand in for debian:bookworm-slim, as a tar file.
# usage: bookworm-slim.sh ARCHITECTURE FILE      (architecture in Debian's words: amd64, arm64)
# mmdebstrap takes the release, its updates and its security updates from the Debian mirrors and checks their signatures.
set -eu

exec mmdebstrap \
  --variant=minbase \
  --architectures="$1" \
  --aptopt='Acquire::Languages "none"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-include=/usr/share/doc/*/copyright' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/info/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  bookworm "$2"
