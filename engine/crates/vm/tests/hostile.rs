//! Damaged objects and captures: no panic, no hang, and what the verifier accepts never faults.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use flowprotect_vm::instance::{Clock, Instance, RunError, Settings};
use flowprotect_vm::load::load;
use flowprotect_vm::packet::{Flow, build_udp};
use flowprotect_vm::replay::{ReplayOptions, replay};
use flowprotect_vm::verify::{Verdict, VerifyLimits, verify};
use object::{Object, ObjectSection};

/// One case may take this long: many times what the slowest needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// SplitMix64: the cases are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Runs `cases` numbered cases on a thread of their own, and fails by number where one panics or hangs.
fn watched(cases: usize, mut case: impl FnMut(usize) + Send + 'static) {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for number in 0..cases {
            case(number);
            if sender.send(()).is_err() {
                return;
            }
        }
    });
    for number in 0..cases {
        match receiver.recv_timeout(PATIENCE) {
            Ok(()) => {}
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("case {number} hangs"),
            Err(mpsc::RecvTimeoutError::Disconnected) => panic!("case {number} panicked"),
        }
    }
}

fn files(folder: &Path, extension: &str) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        println!("skipped: there is no folder {}", folder.display());
        return Vec::new();
    };
    let mut found: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|is| is == extension))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(&path).unwrap())
        })
        .collect();
    found.sort();
    found
}

fn objects() -> Vec<(String, Vec<u8>)> {
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus"),
        "o",
    )
}

fn captures() -> Vec<(String, Vec<u8>)> {
    let shared = std::env::var_os("FLOWPROTECT_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared"),
        PathBuf::from,
    );
    files(&shared.join("captures"), "pcap")
}

/// Damages `bytes`: anywhere, inside one section, or by cutting them off.
fn damage(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    let mut range = 0..damaged.len();
    let choice = random.below(8);
    if choice < 6 {
        // Half of the damage hits instructions: elsewhere most of it is noticed early.
        let file = object::File::parse(bytes).unwrap();
        let sections: Vec<_> = file
            .sections()
            .filter(|section| choice >= 3 || section.kind() == object::SectionKind::Text)
            .filter_map(|section| section.file_range())
            .collect();
        let (start, size) = sections[random.below(sections.len())];
        range = start as usize..(start + size) as usize;
    }
    for _ in 0..=random.below(6) {
        let at = range.start + random.below(range.len());
        if let Some(byte) = damaged.get_mut(at) {
            match random.below(3) {
                0 => *byte ^= 1 << random.below(8),
                1 => *byte = random.next() as u8,
                _ => *byte = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
            }
        }
    }
    if choice == 7 {
        damaged.truncate(random.below(damaged.len()));
    }
    damaged
}

/// Loads, verifies and runs `elf`; refused programs run too, for the interpreter must contain them.
fn try_object(elf: &[u8], random: &mut Random) -> Result<(), String> {
    let limits = VerifyLimits {
        max_steps: 30_000,
        ..VerifyLimits::default()
    };
    let start = Instant::now();
    let stop = |_| start.elapsed() > Duration::from_secs(2);
    let report = verify(elf, &limits, &stop);
    let Ok(loaded) = load(elf) else {
        return Ok(());
    };
    let settings = Settings {
        fuel: 20_000,
        ..Settings::default()
    };
    let mut instance = Instance::new(Arc::new(loaded.program), settings);
    for round in 0..4 {
        let flow = Flow {
            src: [10, 0, 0, round].into(),
            src_port: random.next() as u16,
            dst: [127, 0, 0, 1].into(),
            dst_port: 53,
        };
        let payload: Vec<u8> = (0..random.below(1400))
            .map(|_| random.next() as u8)
            .collect();
        let packet = build_udp(&flow, &payload);
        let now = Clock {
            unix_nanos: u64::from(round) << 30,
            monotonic_nanos: u64::from(round) << 30,
        };
        let result = instance.run(&packet, &flow, now, &mut || 7);
        let bound = report
            .facts
            .as_ref()
            .and_then(|facts| facts.worst_case_fuel);
        if let (true, Ok(outcome), Some(bound)) = (report.ok, &result, bound)
            && outcome.fuel_used > bound
        {
            return Err(format!("{} fuel, at most {bound} said", outcome.fuel_used));
        }
        if let (true, Err(RunError::Fault { pc, message })) = (report.ok, result) {
            return Err(format!("accepted, but instruction {pc} faults: {message}"));
        }
    }
    Ok(())
}

#[test]
fn damaged_objects_are_contained() {
    let mut objects = objects();
    // A program of 4,000 instructions would take most of the time.
    objects.retain(|(_, bytes)| bytes.len() < 50_000);
    let mut random = Random(11);
    watched(3_000, move |number| {
        let (name, bytes) = &objects[number % objects.len()];
        let damaged = damage(bytes, &mut random);
        if let Err(why) = try_object(&damaged, &mut random) {
            let kept = std::env::temp_dir().join(format!("hostile-{number}.o"));
            let _ = std::fs::write(&kept, &damaged);
            panic!("case {number} of {name}: {why}; kept in {}", kept.display());
        }
    });
}

#[test]
fn an_object_is_loaded_from_any_address() {
    let (_, elf) = objects().swap_remove(0);
    for shift in 0..8 {
        let mut room = vec![0; shift];
        room.extend_from_slice(&elf);
        assert!(load(&room[shift..]).is_ok(), "{shift}");
    }
}

#[test]
fn random_bytes_are_refused() {
    let mut random = Random(5);
    watched(2_000, move |number| {
        let mut bytes: Vec<u8> = (0..random.below(600))
            .map(|_| random.next() as u8)
            .collect();
        if number % 2 == 0 {
            // A 64-bit little-endian BPF object (machine 247) so far.
            let head = [
                0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 247, 0, 1, 0, 0,
                0,
            ];
            bytes.splice(..head.len().min(bytes.len()), head);
        }
        assert!(!verify(&bytes, &VerifyLimits::default(), &|_| false).ok);
    });
}

fn options() -> ReplayOptions {
    ReplayOptions {
        ip_offset: None,
        seed: 3,
        top: 5,
        first: 5,
        annotate: true,
        settings: Settings::default(),
    }
}

#[test]
fn damaged_captures_are_contained() {
    let (_, guard) = objects()
        .into_iter()
        .find(|(name, _)| name == "challenge.o")
        .unwrap();
    let program = Arc::new(load(&guard).ok().unwrap().program);
    let first = captures()
        .into_iter()
        .find(|(_, bytes)| bytes.len() < 20_000);
    let (_, capture) = first.unwrap_or_else(|| ("none".to_owned(), vec![0xd4, 0xc3, 0xb2, 0xa1]));
    // The annotated file is a pcapng: both formats are damaged.
    let annotated = replay(program.clone(), &capture, &options())
        .map(|result| result.annotated)
        .unwrap_or_default();
    let mut random = Random(23);
    watched(2_000, move |number| {
        let mut bytes = if number % 2 == 0 {
            capture.clone()
        } else {
            annotated.clone()
        };
        for _ in 0..=random.below(5) {
            let at = random.below(bytes.len());
            if let Some(byte) = bytes.get_mut(at) {
                *byte = random.next() as u8;
            }
        }
        if random.below(4) == 0 {
            bytes.truncate(random.below(bytes.len()));
        }
        let _ = replay(program.clone(), &bytes, &options());
    });
}

/// What the verifier finds portable neither faults nor runs out of fuel on any packet of real protocols.
#[test]
fn accepted_programs_run_on_real_packets() {
    let captures: Vec<_> = captures()
        .into_iter()
        .filter(|(_, bytes)| bytes.len() < 300_000)
        .collect();
    for (name, elf) in objects() {
        let report = verify(&elf, &VerifyLimits::default(), &|_| false);
        if report.verdict != Some(Verdict::Portable) {
            continue;
        }
        let program = Arc::new(load(&elf).ok().unwrap().program);
        for (capture, bytes) in &captures {
            if let Ok(result) = replay(program.clone(), bytes, &options()) {
                assert_eq!(result.summary.errors, 0, "{name} on {capture}");
            }
        }
    }
}

/// Every real capture is read, and most of their packets are found to be UDP.
#[test]
fn real_captures_are_read() {
    let (_, elf) = objects()
        .into_iter()
        .find(|(name, _)| name == "tags.o")
        .unwrap();
    let program = Arc::new(load(&elf).ok().unwrap().program);
    let captures = captures();
    let mut ran = 0;
    for (name, bytes) in &captures {
        match replay(program.clone(), bytes, &options()) {
            Ok(result) => ran += usize::from(result.summary.passed > 0),
            Err(error) => assert!(error.packet.is_some(), "{name}: {error}"),
        }
    }
    assert!(
        ran * 10 >= captures.len() * 8,
        "{ran} of {}",
        captures.len()
    );
}
