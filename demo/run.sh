#!/usr/bin/env bash
# A tour of Tulving, without a question: chats of four assistants become a memory, then ten thousand more go from
# files into a PostgreSQL that exists only for these minutes, are proved, damaged, mended, and moved out
# again; a company gets its manuals and another model, and is forgotten. Nothing stays but caches.
#
#   make demo            DEMO_NODES=2000 make demo
set -euo pipefail

# ----------------------------------------------------------------------------------------------
# The tour itself; it runs inside `private-postgres run`, which sets DATABASE_URL.

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
else
    bold='' dim='' plain=''
fi

heading() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }
tell() { printf '%s\n' "$@"; }

# Shows a command and runs it; it must end with the given exit code.
run() {
    local expected=$1 code=0 shown='' word
    shift
    for word in "$@"; do # as one types it
        case $word in *' '*) word="\"$word\"" ;; esac
        shown+="$word "
    done
    printf '\n  %s$ %s%s\n\n' "$bold" "${shown% }" "$plain"
    if [ -t 1 ] && [ -t 2 ]; then # the progress bar wants the terminal to itself
        "$@" || code=$?
    else
        "$@" 2>&1 | sed 's/^./  &/' || code=${PIPESTATUS[0]}
    fi
    if [ "$code" -ne "$expected" ]; then
        tell "" "The demo stopped: this ended with exit $code, not with $expected." >&2
        [ "$code" -eq 0 ] && exit 1
        exit "$code"
    fi
    [ "$code" -eq 0 ] || printf '\n  %s(exit %s, as it should)%s\n' "$dim" "$code" "$plain"
}

tour() {
    local nodes=$1

    heading "1. A memory, with nothing but files"
    tell "Exports of ChatGPT, Claude, Gemini and Grok, as they are downloaded: zip archives and folders."
    mkdir notebook
    cd notebook
    (cd "$here/exports" && python3 -m zipfile -c "$OLDPWD/chatgpt.zip" chatgpt)
    run 0 tulving init
    run 0 tulving ingest chatgpt.zip "$here"/exports/{claude,gemini,grok}
    run 0 tulving clusters --top 3
    run 0 tulving search "that borrow checker trick" --top-k 2
    run 0 tulving add --question "Why did the worker hang?" \
        --answer "The connection pool was exhausted: a query without a timeout held every connection."
    run 0 tulving search "how did we fix the stuck process?" --top-k 1
    cd ..

    heading "2. Years of it"
    tell "An assistant's memory: $nodes questions with their answers, the conversations they come from," \
        "a vector of 1024 numbers for each, and the oddities of real files: times without a zone," \
        "NaN, broken emoji, keys that nobody documented."
    run 0 gen-corpus data "$nodes" --episodes --dirty

    heading "3. A database, and someone to own the memory"
    run 0 tulving schema apply
    TULVING_USER_ID=$(tulving user create --email you@example.com)
    export TULVING_USER_ID
    printf '\n  %s$ export TULVING_USER_ID=$(tulving user create --email you@example.com)%s\n\n' "$bold" "$plain"
    tell "  $TULVING_USER_ID"

    heading "4. What would happen"
    run 0 tulving migrate --dry-run

    heading "5. The move, and its proof"
    tell "Every row is read back from the database and compared with the files, vectors bit for bit."
    run 0 tulving migrate --yes

    heading "6. Once more: nothing is written twice"
    run 0 tulving migrate --yes

    heading "7. Somebody changes one word of one memory"
    tell "Tulving's role in the database sees no memory unless it is told whose; so the scope is bound first."
    printf '\n  %s$ psql "$DATABASE_URL"%s\n\n' "$bold" "$plain"
    tampering '$TULVING_USER_ID' | sed 's/^/  /'
    tampering "$TULVING_USER_ID" | psql -X -q -v ON_ERROR_STOP=1 "$DATABASE_URL"

    heading "8. verify finds it"
    run 5 tulving verify

    heading "9. The files are right, so they put it back"
    run 0 tulving migrate --existing update --yes
    run 0 tulving runs list

    heading "10. And out again"
    tell "What is in the database becomes a data directory, proved in the same way. Its digest is that of the move."
    run 0 tulving export --backend postgres --out data-back

    heading "11. The notebook moves too, and answers the same"
    cd notebook
    (
        unset TULVING_USER_ID
        tell "The journal becomes part of the files first, which is what is proved."
        run 0 tulving compact
        run 0 tulving user create --email notebook@example.com
        run 0 tulving migrate --yes
        run 0 tulving verify
        run 0 tulving search "that borrow checker trick" --top-k 2 --backend postgres
    )
    cd ..

    company "$TULVING_USER_ID"
}

# A tenant is moved in, used, searched with its manuals, moved out, given another model, and erased with proof.
company() {
    heading "12. A company moves in"
    unset TULVING_USER_ID
    TULVING_TENANT_ID=$(tulving tenant create --name "The company")
    export TULVING_TENANT_ID TULVING_BACKEND=postgres
    printf '\n  %s$ export TULVING_TENANT_ID=$(tulving tenant create --name "The company") TULVING_BACKEND=postgres%s\n' \
        "$bold" "$plain"
    run 0 gen-corpus company 1000 --episodes
    run 0 tulving migrate --data-dir company --model company-model --yes
    run 0 tulving add --question "Who answers for the pumps?" --answer "The service desk, extension 30."

    heading "13. With its manuals"
    tell "Its vectors are of a model that is not at hand, so the manuals are found by their words for now."
    run 0 tulving docs add "$here/manuals"
    run 0 tulving search "how do I process a credit memo?" --kind chunk --top-k 1

    heading "14. Out, bit for bit"
    run 0 tulving export --out company-back

    heading "15. Another model, beside the old one"
    tell "Searches go on with the old vectors until all new ones are there."
    run 0 tulving reembed --provider builtin --cut-over --yes
    run 0 tulving search "the motor makes a noise but stands still" --kind chunk --top-k 1
    run 0 tulving reembed --status

    heading "16. The company leaves, and is forgotten"
    tell "What would go is counted first. Then it is erased, and every row of every table is searched for it." \
        "The certificate names no id and no text, and says what is out of reach, such as backups."
    run 0 tulving tenant delete "The company" --dry-run
    run 0 tulving tenant delete "The company" --yes --certificate company.json
    run 9 tulving list
    tell "" "Nobody else's row was touched. The memory of the first nine steps, once more against its files:"
    run 0 tulving verify --user-id "$1"
}

tampering() {
    cat <<END
BEGIN;
SET LOCAL ROLE tulving_app;
SET LOCAL tulving.scope_id = '$1';
UPDATE memory_nodes SET assistant_content = assistant_content || ' (or so)' WHERE ord = 42;
COMMIT;
END
}

if [ "${1:-}" = tour ]; then
    tour "$2"
    exit
fi

# ----------------------------------------------------------------------------------------------
# Build, find room, start a server, go on the tour.

nodes=${DEMO_NODES:-10000}
here=$(cd "$(dirname "$0")" && pwd)
cargo=${CARGO:-cargo}
cd "$here/.."

printf '%sBuilding tulving (some minutes the first time)%s\n' "$bold" "$plain"
"$cargo" build --release --quiet -p tulving-cli -p testkit
target=$("$cargo" metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
export PATH="$target/release:$PATH"

# What the shell around us says of somebody else's database or configuration must not reach the tour.
unset DATABASE_URL TEST_DATABASE_URL "${!TULVING_USER@}" "${!TULVING_TENANT@}" TULVING_DATA_DIR TULVING_BACKEND

work=$(mktemp -d "${TMPDIR:-/tmp}/tulving-demo.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
cd "$work"
here=$here private-postgres run --durable -- bash "$here/run.sh" tour "$nodes"

heading "That was all of it: remembered, moved, proved, damaged, found, mended, moved out, and forgotten."
cat <<END
The server and its data are gone. With your own data and your own PostgreSQL (pgvector 0.8.2 or newer):

  export PATH="$target/release:\$PATH"
  export DATABASE_URL=postgresql://USER@HOST:5432/DATABASE
  tulving schema apply
  export TULVING_USER_ID=\$(tulving user create --email you@example.com)
  tulving migrate --data-dir ./data --dry-run
  tulving migrate --data-dir ./data

docs/migration-guide.md goes through it step by step.
END
