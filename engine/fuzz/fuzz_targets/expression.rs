#![no_main]

#[path = "../../crates/dataplane/tests/expressions/target.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    target::expression(bytes);
});
