//! Compiled code against the interpreter: random programs that no verifier saw, and every object of the other tests.

mod seeds;
mod support;
mod watch;

use std::path::Path;
use std::time::Duration;

use flowprotect_vm::load::load;
use support::compare::{Tally, compare};
use support::generate::{Wildness, program};
use support::packets::packets;
use support::random::Random;
use watch::watched;

/// Seconds that each of the tests of random programs takes, where the environment does not say otherwise.
const SECONDS: u64 = 5;

fn time() -> Duration {
    let wanted = std::env::var("FLOWPROTECT_DIFFERENTIAL_SECONDS");
    Duration::from_secs(wanted.map_or(SECONDS, |seconds| seconds.parse().unwrap()))
}

fn random_programs(spread: u64, wildness: Wildness, count: usize) -> Tally {
    let case = move |number: u64| {
        let random = Random::new(number.wrapping_mul(spread));
        let program = program(&random, wildness);
        compare(&program, &packets(&random, count), 3_000)
    };
    let tally = watched(0..u64::MAX, time(), case).unwrap_or_else(|what| panic!("{what}"));
    println!("{tally:?}");
    assert!(tally.programs > 50, "{tally:?}");
    tally
}

#[test]
fn well_behaved_random_programs_agree() {
    let tally = random_programs(1, Wildness(0), 3);
    assert!(tally.finished * 2 > tally.runs, "{tally:?}");
    assert!(tally.out_of_fuel > 0, "{tally:?}");
}

#[test]
fn wild_random_programs_stay_in_their_arena() {
    let tally = random_programs(0x1234_5678_9abc_def1, Wildness(4), 2);
    assert!(tally.faults * 4 > tally.runs, "{tally:?}");
    assert!(tally.contained > tally.faults, "{tally:?}");
}

/// Every object of the fixtures and the corpus that loads, whatever the verifier says of it.
#[test]
fn objects_agree() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let random = Random::new(5);
    let mut tally = Tally::default();
    for folder in ["fixtures", "corpus", "additions", "generated"] {
        for entry in std::fs::read_dir(tests.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "o") {
                continue;
            }
            let Ok(loaded) = load(&std::fs::read(&path).unwrap()) else {
                continue;
            };
            let packets = packets(&random, 40);
            match compare(&loaded.program, &packets, 100_000) {
                Ok(more) => tally += more,
                Err(what) => panic!("{}: {what}", path.display()),
            }
        }
    }
    println!("{tally:?}");
    assert!(tally.programs > 110, "{tally:?}");
    assert!(tally.finished > 4_000, "{tally:?}");
}
