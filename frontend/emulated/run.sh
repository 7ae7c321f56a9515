#!/bin/sh
# Runs the pins of one frame on an emulated Cortex-M55, built for thumbv8m: needs qemu-system-arm 7 or later and
#     rustup target add thumbv8m.main-none-eabihf
# Twelve lines "same" and exit code 0: the bits are those of tests/pins.rs.
set -eu
cd "$(dirname "$0")"
RUSTFLAGS="-C link-arg=-Tmemory.x -C link-arg=--nmagic" \
    cargo build --release --target thumbv8m.main-none-eabihf --target-dir "${CARGO_TARGET_DIR:-../../target}/emulated"
exec qemu-system-arm -machine mps3-an547 -nographic -monitor none -serial none \
    -semihosting-config enable=on,target=native \
    -kernel "${CARGO_TARGET_DIR:-../../target}/emulated/thumbv8m.main-none-eabihf/release/needledrop-frontend-emulated"
