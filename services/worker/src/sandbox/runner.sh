# PID 1 of a rehearsal, run by the toolkit's busybox: it needs nothing of the image.
# usage: runner MOUNTPOINT SHELL COMMAND [WRAPPED]
# It reports on the events FIFO and waits on the ack FIFO; the exit status of the container is the command's.
control=/.drylane/control

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
  echo 'f uncovered' >$control/events
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
  echo 'f shell' >$control/events
  exit 127
fi

text=$3
how=whole
readable() { "$shell" -n -c "$1" </dev/null >/dev/null 2>&1; }
# The shell itself must be able to read the text before it is trusted to be what our grammar says it is.
if [ $# -gt 3 ] && readable "$3" && readable "$4"; then
  text=$4
  how=split
fi

echo "b $how" >$control/events
/.drylane/busybox setsid "$shell" -c "$text" "$2" </dev/null
status=$?

# The worker reads counters and leftovers while they are still there; the kernel ends them with this process.
echo "e $status" >$control/events
read -r _ <$control/ack
exit $status
