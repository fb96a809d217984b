//! The differential test for as long as one likes: `cargo run --release --example jit_diff -- COUNT [FIRST]`.
//!
//! Runs COUNT random programs from seed FIRST on, half of them wild, in both engines. With COUNT 1 it lists the program.

#[path = "../tests/differential/support/mod.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod support;
#[path = "../tests/differential/watch.rs"]
mod watch;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use flowprotect_vm::program::Program;
use support::compare::{Tally, compare};
use support::generate::{Wildness, program};
use support::packets::packets;
use support::random::Random;

fn list(program: &Program) {
    for (pc, insn) in program.insns.iter().enumerate() {
        println!(
            "{pc:4} {:02x} r{} r{} {:+} {:#x}",
            insn.op, insn.dst, insn.src, insn.off, insn.imm
        );
    }
}

fn run(seed: u64, listed: bool) -> Result<Tally, String> {
    let random = Random::new(seed);
    let wildness = Wildness(if seed.is_multiple_of(2) { 0 } else { 4 });
    let program = program(&random, wildness);
    if listed {
        list(&program);
    }
    compare(&program, &packets(&random, 3), 3_000)
}

fn main() -> ExitCode {
    let mut arguments = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse().ok());
    let count = arguments.next().unwrap_or(10_000);
    let first: u64 = arguments.next().unwrap_or(0);
    let start = Instant::now();
    match watch::watched(first..first + count, Duration::MAX, move |seed| {
        run(seed, count == 1)
    }) {
        Ok(tally) => println!("{tally:?} in {:.0?}", start.elapsed()),
        Err(what) => {
            println!("{what}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
