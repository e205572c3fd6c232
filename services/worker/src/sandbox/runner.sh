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

# The keeper outlives the shell: the worker reads counters and leftovers while they are still there.
keeper='unset SHLVL; exec 2>&7 7>&- 9>&-; /.drylane/busybox setsid "$1" -c "$2" "$3" </dev/null 8<&-; read -r _ <&8'
for loader in /.drylane/lib/ld-linux*; do :; done
# A credential may have the name of any variable above: what is still needed has none from here on.
set -- "$loader" "$3" "$keeper" "$shell" "$text" "$2" "$how"
# What the tracer has to say for itself is nobody's output.
exec 7>&2 2>/dev/null

# Credentials are given only now, when nothing of the image runs that is not watched, and by this way only: a name and the
# number of lines of its value, then these; an empty line is the end.
echo c >&9
__drylane_break='
'
while read -r __drylane_name __drylane_lines <&8 && [ -n "$__drylane_name" ]; do
  IFS= read -r __drylane_value <&8
  while [ "$__drylane_lines" -gt 1 ]; do
    IFS= read -r __drylane_line <&8
    __drylane_value=$__drylane_value$__drylane_break$__drylane_line
    __drylane_lines=$((__drylane_lines - 1))
  done
  export "$__drylane_name=$__drylane_value"
done
echo "b $7" >&9

# shellcheck disable=SC2086 # the options are words without blanks
exec "$1" --library-path /.drylane/lib /.drylane/strace $2 -o /proc/self/fd/9 \
  /.drylane/busybox sh -c "$3" keeper "$4" "$5" "$6"
