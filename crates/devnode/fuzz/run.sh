#!/bin/sh
# fuzz/run.sh activation|rpc [MINUTES]: libFuzzer on stable Rust, five minutes unless said otherwise.
set -eu
cd "$(dirname "$0")"
target=$1
corpus=../../../target/fuzz/corpus-$target
mkdir -p "$corpus"
RUSTC_WRAPPER=$PWD/instrument.sh CARGO_TARGET_DIR=../../../target/fuzz cargo build --locked --bin "$target"
exec "../../../target/fuzz/debug/$target" "$corpus" "seeds/$target" -max_total_time=$((${2:-5} * 60)) -timeout=20 \
    -rss_limit_mb=8192
