#!/usr/bin/env bash
# Talks to a running system (`cargo xtask up`) with stock cast: a block number, a view, a pledge, its event.
#
#   scripts/cast-tour.sh [RPC-URL]        default http://127.0.0.1:8547
#
# Takes the cast that `cargo xtask setup` installs, or one on the PATH. Public test key, worthless tokens.
set -euo pipefail
cd "$(dirname "$0")/.."
rpc=${1:-http://127.0.0.1:8547}
PATH=$PATH:$PWD/crates/devnode/tests/tools/node_modules/.bin
command -v cast >/dev/null || { echo "cast is not installed: cargo xtask setup" >&2; exit 1; }
[ -f deployments/412346.json ] || { echo "no deployments/412346.json: start the system with cargo xtask up" >&2; exit 1; }
of() { node -p "require('./deployments/412346.json').$1"; }
escrow=$(of 'contracts["margin-escrow"].address') usdc=$(of 'tokens.USDC.address') account=$(of 'accounts["desk-0"]')
key=0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e # desk-0 of the development mnemonic
show() { echo "\$ cast $*" | sed "s/$key/<desk-0's key>/"; cast "$@" --rpc-url "$rpc"; echo; }

case $(cast block-number --rpc-url "$rpc" 2>/dev/null) in
'' | *[!0-9]*) echo "nothing answers at $rpc: start the system with cargo xtask up" >&2; exit 1 ;;
esac

show block-number
show call "$escrow" 'balance(uint64,address)(uint64,uint64,uint64)' "$account" "$usdc"
show send "$usdc" 'approve(address,uint256)' "$escrow" 1000000 --private-key "$key"
show send "$escrow" 'pledge(uint64,address,uint256)' "$account" "$usdc" 1000000 --private-key "$key"
show call "$escrow" 'balance(uint64,address)(uint64,uint64,uint64)' "$account" "$usdc"
show logs --from-block "$(cast block-number --rpc-url "$rpc")" --address "$escrow" 'Pledged(uint64,address,address,uint256,uint8,uint64)'
