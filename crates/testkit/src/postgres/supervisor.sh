# Keeps one PostgreSQL server for the process that holds the other end of standard input, and removes every
# trace of it when that process lets go: by closing it, by ending, by being killed.
#
# Arguments: bin directory, template data directory, folder for temporary folders, options of the server.
# Commands on standard input, each answered by one line: start, stop (clients are told), crash (they are not).
set -u
trap '' PIPE # the one who waits for an answer may be gone; the server must still be stopped
umask 077
exec 2>&1
bin=$1 template=$2 base=$3
shift 3

home=$(mktemp -d "$base/tulving-pg-XXXXXX") || exit 1
running=no

# The shell between this one and the server notes when the server ends by itself.
start() {
    rm -f "$home/exited"
    (
        "$bin/postgres" -D "$home/data" -k "$home" "$@" </dev/null >>"$home/log" 2>&1 &
        echo $! >"$home/pid"
        echo started
        wait $!
        echo $? >"$home/exited"
    ) </dev/null &
    watcher=$!
    running=yes
}

# A signal that comes before the server has its handlers is lost, so it is sent until the server has ended.
end() {
    [ $running = yes ] || return 0
    while [ ! -e "$home/exited" ] && [ -e "$home/pid" ] && kill -s "$1" "$(cat "$home/pid")"; do
        sleep 1
    done </dev/null >/dev/null 2>&1 &
    killer=$!
    wait $watcher
    kill $killer 2>/dev/null
    running=no
}

if cp -Rp "$template" "$home/data"; then
    echo "home $home"
    exec 2>>"$home/log"
    while read -r command; do
        case $command in
        start) start "$@" ;;
        stop) end INT; echo stopped ;;
        crash) end QUIT; echo stopped ;;
        esac
    done
fi
end QUIT
rm -rf "$home"
