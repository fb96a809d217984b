//! The inputs that the fuzzers start from, and those that once broke something: `engine/fuzz/seeds`.

use std::path::Path;
use std::time::Duration;

use crate::support::compare::Tally;
use crate::support::targets;
use crate::watch::watched;

/// Gives every seed of `target` to `run`.
fn each(target: &str, run: fn(&[u8]) -> Tally) -> Tally {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/seeds")
        .join(target);
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let count = paths.len() as u64;
    assert!(count > 0);
    let names = paths.clone();
    let case = move |number: u64| Ok(run(&std::fs::read(&paths[number as usize]).unwrap()));
    watched(0..count, Duration::MAX, case).unwrap_or_else(|what| panic!("{what} of {names:?}"))
}

/// The tally of a target that runs no programs.
fn quiet(run: fn(&[u8]), bytes: &[u8]) -> Tally {
    run(bytes);
    Tally::default()
}

#[test]
fn seeds_of_programs_agree() {
    let tally = each("jit_diff", targets::jit_diff);
    assert!(tally.programs > 10 && tally.finished > 5, "{tally:?}");
}

#[test]
fn seeds_of_objects_are_contained() {
    each("elf_load", |bytes| quiet(targets::elf_load, bytes));
}

#[test]
fn seeds_of_captures_are_read_again() {
    each("capture", |bytes| quiet(targets::capture, bytes));
}

#[test]
fn seeds_of_packets_are_built_again() {
    each("packet_parse", |bytes| quiet(targets::packet_parse, bytes));
}
