#![no_main]

#[path = "../../crates/vm/tests/differential/support/mod.rs"]
#[allow(dead_code, reason = "other targets use the rest")]
mod support;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    support::targets::jit_diff(bytes);
});
