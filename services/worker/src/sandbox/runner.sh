# PID 1 of a rehearsal, run by the toolkit's busybox: it needs nothing of the image.
# usage: runner MOUNTPOINT TRACER_OPTIONS
# It waits for a job, looks whether all is as it must be, says so, and becomes the tracer: the first process of a
# container cannot be killed from within, and the toolkit's programs may be run but not read, so that nothing of theirs
# can be reached. A variable of the job may have any name that does not begin like those in here.

# The last two are the tracer's alone; the worker takes all of these names away before the command is there to open them.
exec >/.drylane/control/out 7>/.drylane/control/err 9>/.drylane/control/trace 8</.drylane/control/go
echo r >&9
read -r _ <&8

# busybox sets it for itself; the command shall not see that it was here.
unset SHLVL

# Fail closed: without an overlay over the workspace nothing may run here, nor where something of the image is mounted in it:
# what is written there is in no view.
__drylane_covered=
__drylane_buried=
while read -r _ _ _ _ __drylane_point __drylane_rest; do
  if [ "$__drylane_point" = "$1" ]; then
    case "$__drylane_rest" in
      *' - overlay '*) __drylane_covered=yes ;;
      *) __drylane_covered= ;;
    esac
  fi
  case "$__drylane_point" in
    /etc/hosts | /etc/hostname | /etc/resolv.conf) ;;
    "$1"/*) __drylane_buried=yes ;;
  esac
done </proc/self/mountinfo
if [ -z "$__drylane_covered" ]; then
  echo 'f uncovered' >&9
  exit 125
fi
if [ -n "$__drylane_buried" ]; then
  echo 'f buried' >&9
  exit 125
fi

# Nor where a process could reach into another that it may not read: then the trace would be the command's to write.
if (: </proc/1/mem) 2>/dev/null; then
  echo 'f exposed' >&9
  exit 125
fi

# The job: exports what the command's environment has, and sets where it runs, its shell, its text, and maybe its text with
# step markers.
__drylane_options=$2
. /.drylane/control/job
if ! cd -P -- "$1"; then
  echo 'f place' >&9
  exit 125
fi
unset OLDPWD

# By its path in the image: by its name alone, busybox would take itself for the shell and for every tool in it.
__drylane_shell=
IFS=:
for __drylane_directory in $PATH; do
  if [ -x "$__drylane_directory/$2" ]; then
    __drylane_shell=$__drylane_directory/$2
    break
  fi
done
unset IFS
if [ -z "$__drylane_shell" ]; then
  echo 'f shell' >&9
  exit 127
fi

__drylane_text=$3
__drylane_how=whole
__drylane_readable() { "$__drylane_shell" -n -c "$1" </dev/null >/dev/null 2>&1 7>&- 8<&- 9>&-; }
# The shell itself must be able to read the text before it is trusted to be what our grammar says it is.
if [ $# -gt 3 ] && __drylane_readable "$3" && __drylane_readable "$4"; then
  __drylane_text=$4
  __drylane_how=split
fi

# That shell is the image's: whatever it may have started would run unwatched.
for __drylane_process in /proc/[0-9]*; do
  if [ "$__drylane_process" != /proc/1 ]; then
    echo 'f company' >&9
    exit 125
  fi
done

# The keeper outlives the shell: the worker reads counters and leftovers while they are still there.
__drylane_keeper='unset SHLVL; exec 2>&7 7>&- 9>&-; /.drylane/busybox setsid "$1" -c "$2" "$3" </dev/null 8<&-; read -r _ <&8'
for __drylane_loader in /.drylane/lib/ld-linux*; do :; done
__drylane_break='
'

# What the image wants of a loader is for the command: the tracer's own would run the image's code beside the trace. So the
# tracer starts without it, and hands it on. And an image may have exported names of ours.
__drylane_called=$2
set -f --
IFS=$__drylane_break
for __drylane_line in $(export -p); do
  __drylane_name=${__drylane_line#export }
  __drylane_name=${__drylane_name%%=*}
  # A line may be of another variable's value.
  case $__drylane_name in
    *[!A-Za-z0-9_]*) ;;
    __drylane_*) export -n "$__drylane_name" ;;
    LD_* | GLIBC_TUNABLES)
      eval "__drylane_value=\${$__drylane_name-}"
      unset "$__drylane_name"
      if [ -n "$__drylane_value" ]; then set -- "$@" -E "$__drylane_name=$__drylane_value"; fi
      ;;
  esac
done
unset IFS
set -- "$@" /.drylane/busybox sh -c "$__drylane_keeper" keeper "$__drylane_shell" "$__drylane_text" "$__drylane_called"
# shellcheck disable=SC2086 # the options are words without blanks
set -- "$__drylane_how" "$__drylane_loader" --library-path /.drylane/lib /.drylane/strace $__drylane_options \
  -o /proc/self/fd/9 "$@"
# What the tracer has to say for itself is nobody's output.
exec 2>/dev/null

# Credentials are given only now, when nothing of the image runs that is not watched, and by this way only: a name and the
# number of lines of its value, then these; an empty line is the end. One may have the name of any variable above: nothing
# of those is needed from here on.
echo c >&9
while read -r __drylane_name __drylane_lines <&8 && [ -n "$__drylane_name" ]; do
  IFS= read -r __drylane_value <&8
  while [ "$__drylane_lines" -gt 1 ]; do
    IFS= read -r __drylane_line <&8
    __drylane_value=$__drylane_value$__drylane_break$__drylane_line
    __drylane_lines=$((__drylane_lines - 1))
  done
  export "$__drylane_name=$__drylane_value"
done
echo "b $1" >&9
shift
exec "$@"
