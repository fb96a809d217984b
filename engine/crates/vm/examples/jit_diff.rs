//! The differential test for as long as one likes: `cargo run --release --example jit_diff -- COUNT [FIRST]`.
//!
//! Runs COUNT random programs from seed FIRST on, half of them wild, in both engines. With COUNT 1 it lists the program.

#[path = "../tests/differential/compare.rs"]
mod compare;
#[path = "../tests/differential/generate.rs"]
mod generate;
#[path = "../tests/differential/packets.rs"]
mod packets;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use compare::{Tally, compare};
use flowprotect_vm::program::Program;
use generate::{Random, Wildness, program};
use packets::packets;

static CURRENT: AtomicU64 = AtomicU64::new(0);

/// Ends the process where one program takes too long: a hang would otherwise look like slowness.
fn watch() {
    std::thread::spawn(|| {
        let mut last = (u64::MAX, Instant::now());
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let now = CURRENT.load(Ordering::Relaxed);
            if now != last.0 {
                last = (now, Instant::now());
            } else if last.1.elapsed() > Duration::from_secs(20) {
                println!("seed {now} hangs");
                std::process::exit(1);
            }
        }
    });
}

fn list(program: &Program) {
    for (pc, insn) in program.insns.iter().enumerate() {
        println!(
            "{pc:4} {:02x} r{} r{} {:+} {:#x}",
            insn.op, insn.dst, insn.src, insn.off, insn.imm
        );
    }
}

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse().ok());
    let count = arguments.next().unwrap_or(10_000);
    let first: u64 = arguments.next().unwrap_or(0);
    let (mut tally, start) = (Tally::default(), Instant::now());
    watch();
    for seed in first..first + count {
        CURRENT.store(seed, Ordering::Relaxed);
        let random = Random::new(seed);
        let wildness = Wildness(if seed % 2 == 0 { 0 } else { 4 });
        let program = program(&random, wildness);
        if count == 1 {
            list(&program);
        }
        match compare(&program, &packets(&random, 3), 3_000) {
            Ok(more) => tally += more,
            Err(what) => {
                println!("seed {seed}: {what}");
                std::process::exit(1);
            }
        }
    }
    println!("{tally:?} in {:.0?}", start.elapsed());
}
