//! The differential test of the objects in folders: `cargo run --release --example objects_diff -- FOLDER…`.
//!
//! `tests/generated/generate.py` makes as many objects as one likes.

#[path = "../tests/differential/support/mod.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod support;
#[path = "../tests/differential/watch.rs"]
mod watch;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use flowprotect_vm::load::load;
use support::compare::{Tally, compare};
use support::packets::packets;
use support::random::Random;

/// Runs the object on 40 packets. What does not load counts as no program.
fn run(path: &Path, seed: u64) -> Result<Tally, String> {
    let elf = std::fs::read(path).map_err(|error| error.to_string())?;
    let Ok(loaded) = load(&elf) else {
        return Ok(Tally::default());
    };
    compare(&loaded.program, &packets(&Random::new(seed), 40), 100_000)
        .map_err(|what| format!("{}: {what}", path.display()))
}

fn main() -> ExitCode {
    let mut paths = Vec::new();
    for folder in std::env::args().skip(1) {
        match std::fs::read_dir(&folder) {
            Ok(entries) => paths.extend(entries.flatten().map(|entry| entry.path())),
            Err(error) => eprintln!("{folder}: {error}"),
        }
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "o"));
    paths.sort();
    let (start, count) = (Instant::now(), paths.len());
    let case = move |number: u64| run(&paths[number as usize], number);
    match watch::watched(0..count as u64, Duration::MAX, case) {
        Ok(tally) => println!("{count} objects, {tally:?} in {:.0?}", start.elapsed()),
        Err(what) => {
            println!("{what}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
