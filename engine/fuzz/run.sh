#!/usr/bin/env bash
# Gives each fuzz target FUZZ_SECONDS (default 30), or only the targets that are named. Exit 1 where one finds something.
set -u
cd "$(dirname "$0")"
seconds=${FUZZ_SECONDS:-30}
targets=("$@")
[ $# -gt 0 ] || targets=(jit_diff elf_load capture packet_parse expression)
if ! cargo fuzz --version >/dev/null 2>&1; then
  echo "skipped: ${targets[*]} (there is no cargo-fuzz; get it with: cargo install cargo-fuzz --locked)"
  exit 0
fi
# Instrumentation is an unstable option: this makes the pinned compiler take it, so that no nightly one is needed.
export RUSTC_BOOTSTRAP=1
failed=()
for target in "${targets[@]}"; do
  inputs=(corpus/$target seeds/$target)
  [ "$target" != elf_load ] || inputs+=(../crates/vm/tests/corpus ../crates/vm/tests/fixtures)
  mkdir -p "corpus/$target"
  echo "== $target, $seconds s"
  # A JIT's code and an arena's guards are no leaks; one input may take ten seconds, and memory 2 GiB.
  cargo fuzz run "$target" "${inputs[@]}" -- \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -detect_leaks=0 -print_final_stats=1 -verbosity=0 \
    || failed+=("$target")
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "found something: ${failed[*]} (inputs in engine/fuzz/artifacts; once fixed, keep them in engine/fuzz/seeds)"
  exit 1
fi
