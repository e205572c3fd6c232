# PID 1 of a rehearsal, run by the toolkit's busybox: it needs nothing of the image.
# usage: runner MOUNTPOINT SHELL TRACER_OPTIONS COMMAND [WRAPPED]
# It looks whether all is as it must be, says so, and becomes the tracer: the first process of a container cannot be
# killed from within, and the toolkit's programs may be run but not read, so that nothing of theirs can be reached.
control=/.drylane/control

# This pair is the tracer's alone: the worker takes the names away before the command is there to open them.
exec 9>$control/trace 8<$control/go
echo r >&9
read -r _ <&8

# busybox sets it for itself; the command shall not see that it was here.
unset SHLVL

# Fail closed: without an overlay over the workspace nothing may run here.
covered=
while read -r _ _ _ _ point rest; do
  if [ "$point" = "$1" ]; then
    case "$rest" in
      *' - overlay '*) covered=yes ;;
      *) covered= ;;
    esac
  fi
done </proc/self/mountinfo
if [ -z "$covered" ]; then
  echo 'f uncovered' >&9
  exit 125
fi

# Nor where a process could reach into another that it may not read: then the trace would be the command's to write.
if (: </proc/1/mem) 2>/dev/null; then
  echo 'f exposed' >&9
  exit 125
fi

# By its path in the image: by its name alone, busybox would take itself for the shell and for every tool in it.
shell=
IFS=:
for directory in $PATH; do
  if [ -x "$directory/$2" ]; then
    shell=$directory/$2
    break
  fi
done
unset IFS
if [ -z "$shell" ]; then
  echo 'f shell' >&9
  exit 127
fi

text=$4
how=whole
readable() { "$shell" -n -c "$1" </dev/null >/dev/null 2>&1 8<&- 9>&-; }
# The shell itself must be able to read the text before it is trusted to be what our grammar says it is.
if [ $# -gt 4 ] && readable "$4" && readable "$5"; then
  text=$5
  how=split
fi

# That shell is the image's: whatever it may have started would run unwatched.
for process in /proc/[0-9]*; do
  if [ "$process" != /proc/1 ]; then
    echo 'f company' >&9
    exit 125
  fi
done
echo "b $how" >&9

# The keeper outlives the shell: the worker reads counters and leftovers while they are still there.
keeper='unset SHLVL; exec 2>&7 7>&- 9>&-; /.drylane/busybox setsid "$1" -c "$2" "$3" </dev/null 8<&-; read -r _ <&8'
# What the tracer has to say for itself is nobody's output.
exec 7>&2 2>/dev/null
for loader in /.drylane/lib/ld-linux*; do :; done
# shellcheck disable=SC2086 # the options are words without blanks
exec "$loader" --library-path /.drylane/lib /.drylane/strace $3 -o /proc/self/fd/9 \
  /.drylane/busybox sh -c "$keeper" keeper "$shell" "$text" "$2"
