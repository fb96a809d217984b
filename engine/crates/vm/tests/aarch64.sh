#!/usr/bin/env bash
# Runs the tests of the virtual machine that depend on the processor as 64-bit ARM code under qemu-user.
# Left out are those of the verifier, which are the same code and have deadlines by the clock.
set -eu
cd "$(dirname "$0")/../../.."
target=aarch64-unknown-linux-gnu
missing() { echo "skipped: there is no $1; get it with: $2"; exit 0; }
[ -d "$(rustc --print target-libdir --target $target 2>/dev/null)" ] || missing "Rust library for $target" "rustup target add $target"
command -v aarch64-linux-gnu-gcc >/dev/null || missing aarch64-linux-gnu-gcc "apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
command -v qemu-aarch64 >/dev/null || missing qemu-aarch64 "apt-get install qemu-user"
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
# Emulated compilers are slow: the same number of random programs takes about ten times as long.
export FLOWPROTECT_DIFFERENTIAL_SECONDS=${FLOWPROTECT_DIFFERENTIAL_SECONDS:-60}
exec cargo test --locked -p flowprotect-vm --target $target --lib \
  --test additions --test conformance --test differential --test instance --test replay --test trace
