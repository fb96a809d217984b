//! Compiled code against the interpreter: random programs that no verifier saw, and every object of the other tests.

mod compare;
mod generate;
mod packets;

use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use compare::{Tally, compare};
use flowprotect_vm::load::load;
use generate::{Random, Wildness, program};
use packets::packets;

/// One program may take this long: many times what the slowest needs.
const PATIENCE: Duration = Duration::from_secs(20);
/// What the tests of random programs may take together.
const TIME: Duration = Duration::from_secs(5);

/// Runs numbered cases on a thread of their own for a while, and fails by number where one fails, panics or hangs.
fn watched(time: Duration, case: fn(u64) -> Result<Tally, String>) -> Tally {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let start = Instant::now();
        for number in 0.. {
            if start.elapsed() > time || sender.send(case(number)).is_err() {
                return;
            }
        }
    });
    let mut tally = Tally::default();
    for number in 0u64.. {
        match receiver.recv_timeout(PATIENCE) {
            Ok(Ok(more)) => tally += more,
            Ok(Err(what)) => panic!("case {number}: {what}"),
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("case {number} hangs"),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    tally
}

#[test]
fn well_behaved_random_programs_agree() {
    let tally = watched(TIME, |number| {
        let random = Random::new(number);
        let program = program(&random, Wildness(0));
        compare(&program, &packets(&random, 3), 3_000)
    });
    println!("{tally:?}");
    assert!(tally.programs > 50, "{tally:?}");
    assert!(tally.finished * 2 > tally.runs, "{tally:?}");
    assert!(tally.out_of_fuel > 0, "{tally:?}");
}

#[test]
fn wild_random_programs_stay_in_their_arena() {
    let tally = watched(TIME, |number| {
        let random = Random::new(number.wrapping_mul(0x1234_5678_9abc_def1));
        let program = program(&random, Wildness(4));
        compare(&program, &packets(&random, 2), 3_000)
    });
    println!("{tally:?}");
    assert!(tally.programs > 50, "{tally:?}");
    assert!(tally.faults * 4 > tally.runs, "{tally:?}");
}

/// Every object of the fixtures and the corpus that loads, whatever the verifier says of it.
#[test]
fn objects_agree() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let random = Random::new(5);
    let mut tally = Tally::default();
    for folder in ["fixtures", "corpus", "additions"] {
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
    assert!(tally.programs > 60, "{tally:?}");
    assert!(tally.finished > 2_000, "{tally:?}");
}
