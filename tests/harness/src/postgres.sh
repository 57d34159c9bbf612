# A PostgreSQL of its own for one test program: a data folder in a new temporary folder, a Unix socket beside it, no port.
# $1 is the folder of PostgreSQL's programs, $2 where temporary folders go.
# Says `ready` and the folder on a line, then obeys `stop`, `crash` and `start`, each answered by a line.
# When its input ends, the test program is gone: stops the server and leaves nothing behind.
set -eu
bin=$1
folder=$(mktemp -d "$2/fermata-postgres-XXXXXX")
server=

start() {
    "$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=200 \
        >>"$folder/log" 2>&1 </dev/null &
    server=$!
    until "$bin/pg_isready" -q -h "$folder"; do
        kill -0 "$server" || { cat "$folder/log" >&2; exit 1; }
        sleep 0.05
    done
}

end() {
    if [ -n "$server" ]; then
        kill "$1" "$server" 2>/dev/null || true
        wait "$server" || true
        server=
    fi
}

# Without waiting for anybody, but with a checkpoint.
stop() {
    end -INT
}

# At once, without writing anything.
crash() {
    end -QUIT
}

trap 'stop; rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM

# A collation that sorts in its own way where there is one, because the store must not depend on it.
init() {
    "$bin/initdb" -D "$folder/data" -U fermata -A trust -E UTF8 --locale=C --no-sync "$@" >"$folder/log" 2>&1
}
init --locale-provider=icu --icu-locale=en-US || { rm -rf "$folder/data"; init; } || { cat "$folder/log" >&2; exit 1; }
start
echo "ready $folder"
while read -r command; do
    "$command"
    echo "$command"
done
