#!/bin/sh
# As rustc, with the coverage that libFuzzer follows for what is to be explored.
case " $* " in
*" --crate-name plumbline_devnode "* | *" --crate-name wasmparser "* | *" --crate-name activation "* | *" --crate-name rpc "*)
    exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
        -Cllvm-args=-sanitizer-coverage-trace-compares
    ;;
*) exec "$@" ;;
esac
