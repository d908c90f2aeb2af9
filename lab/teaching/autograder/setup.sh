#!/usr/bin/env bash
# Gradescope runs this once, as root, when it makes the image of an assignment (Ubuntu 22.04 or later: the tool needs
# the C library of the machine on which `cargo lab handout` compiled it, or a later one).
#
# autograder.zip holds: setup.sh, run_autograder, the folder handout and, if you like, points.toml.
#     cargo lab handout handout
#     zip -r autograder.zip handout points.toml
#     zip -j autograder.zip lab/teaching/autograder/setup.sh lab/teaching/autograder/run_autograder
set -euo pipefail

root=${AUTOGRADER:-/autograder}

apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    bubblewrap ca-certificates curl gcc libc6-dev python3

# Ubuntu's own Rust is too old for the skeletons, whose edition needs 1.85.
if ! command -v cargo >/dev/null; then
    curl --proto '=https' --tlsv1.2 --fail --silent --show-error https://sh.rustup.rs |
        sh -s -- -y --profile minimal --no-modify-path
    PATH=$HOME/.cargo/bin:$PATH
fi

# A run compiles the crates of the skeletons, and then what students wrote. The first is done here, once.
chmod +x "$root/source/handout/lab"
warm=$(mktemp -d)
trap 'rm -rf "$warm"' EXIT
"$root/source/handout/lab" start --lang rust --dir "$warm/work"
"$root/source/handout/lab" grade "$warm/work" --out "$root/prepared"
