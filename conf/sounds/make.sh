#!/bin/sh
# Makes the prompts of the demo: espeak-ng speaks, sox trims the silence and brings it to 8 kHz mono.
# The files are committed; run this (`make sounds`) after changing a text.
set -eu
cd "$(dirname "$0")"

say() { # name text
    spoken=$(mktemp --suffix=.wav)
    espeak-ng -v en-us -s 150 -p 45 -w "$spoken" "$2"
    sox -R -D "$spoken" -r 8000 -c 1 -b 16 "en/$1.wav" \
        silence 1 0.01 0.5% reverse silence 1 0.01 0.5% reverse pad 0.02 0.08 norm -3
    rm "$spoken"
}

mkdir -p en/number
say welcome "Welcome to Ringfence."
say menu "For the time, press one. To record yourself, press two. For the echo test, press three."
say invalid "Please try again."
say goodbye "Good bye."
say it-is "It is"
say oclock "o'clock."
say record "Speak after the tone. Then press any key."
say you-said "You said:"
say echo "Now you hear yourself."

say number/0 "oh"
for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 30 40 50; do
    say "number/$number" "$number"
done
