#!/bin/sh
# Makes the English sounds of `say`, phrases and menus: english.sh [folder [beginning of names]...]
#
#   conf/sounds/english.sh                     all of english.txt, into conf/sounds/en/us/espeak
#   conf/sounds/english.sh /tmp/x digits/ time/    those only
#
# Files that are there already stay; so a second run is quick, and a recording of yours is kept.
# espeak-ng speaks, sox brings it to 8 kHz mono and trims the silence: the same files each time. They
# are not committed (4 MB). What a synthesiser speaks is no work of its authors: the sounds are under the
# licence of this repository.
set -eu
list=$(cd "$(dirname "$0")" && pwd)/english.txt
folder=${1:-${list%/*}/en/us/espeak}
[ $# -eq 0 ] || shift

make_one() { # file text
    [ ! -e "$1" ] || return 0
    mkdir -p "${1%/*}"
    # Made beside and moved, so that nobody hears half of it.
    spoken=$(mktemp "$1.XXXXXX")
    espeak-ng -v en-us -s 150 -p 45 --stdout -- "$2" |
        sox -R -D -V1 -t wav - -r 8000 -c 1 -b 16 -t wav "$spoken" \
            silence 1 0.01 0.5% reverse silence 1 0.01 0.5% reverse pad 0.01 0.04 norm -3
    chmod 644 "$spoken"
    mv "$spoken" "$1"
}

if [ "${MAKE_ONE:-}" = yes ]; then
    # Called by xargs below, with "name<tab>text".
    tab=$(printf '\t')
    make_one "$folder/${1%%"$tab"*}.wav" "${1#*"$tab"}"
    exit
fi

for program in espeak-ng sox; do
    if ! command -v $program >/dev/null; then
        echo "$0: $program is missing; ./setup.sh installs it" >&2
        exit 1
    fi
done

wanted() {
    if [ $# -eq 0 ]; then
        grep -v '^#' "$list"
    else
        for beginning; do
            # The beginning is a name, not a pattern.
            awk -v beginning="$beginning" 'index($0, beginning) == 1' "$list"
        done
    fi
}

missing=$(wanted "$@" | while IFS= read -r line; do
    [ -e "$folder/${line%%	*}.wav" ] || printf '%s\n' "$line"
done)
[ -n "$missing" ] || exit 0
echo "sounds: making $(printf '%s\n' "$missing" | wc -l) files in $folder"
printf '%s\n' "$missing" | tr '\n' '\0' |
    MAKE_ONE=yes xargs -0 -n 1 -P "$(nproc)" "$0" "$folder"
