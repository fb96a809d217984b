//! What a fuzzer gives bytes to. Each function panics where a property does not hold.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use flowprotect_vm::capture::{MAX_CAPTURE, read};
use flowprotect_vm::check::check;
use flowprotect_vm::instance::{Clock, Instance, RunError, Settings};
use flowprotect_vm::load::load;
use flowprotect_vm::packet::{Flow, Parsed, build_udp, parse};
use flowprotect_vm::program::{Insn, Program, Rodata};
use flowprotect_vm::replay::{ReplayOptions, replay};
use flowprotect_vm::verify::{VerifyLimits, verify};

use super::compare::{Tally, compare};
use super::generate::{Wildness, program};
use super::packets::packets;
use super::random::Random;

/// Fuel of programs made from bytes: enough for loops, and so little that thousands run in a second.
const FUEL: u64 = 3_000;
/// Most instructions that are taken from bytes as they are.
const SLOTS: usize = 512;

/// A program and packets from `bytes`, run in both engines. The first byte says how the program is made: by the generator
/// with the bytes as its choices (well behaved or wild), or from the bytes as they are.
pub fn jit_diff(bytes: &[u8]) -> Tally {
    let Some((kind, rest)) = bytes.split_first() else {
        return Tally::default();
    };
    let random = Random::of(rest);
    let (program, packets) = match kind % 4 {
        0 => (program(&random, Wildness(0)), packets(&random, 3)),
        1 | 2 => (program(&random, Wildness(4)), packets(&random, 3)),
        _ => (raw(rest), packets(&Random::new(1), 3)),
    };
    if check(&program).is_err() {
        return Tally::default();
    }
    match compare(&program, &packets, FUEL) {
        Ok(tally) => tally,
        // What the compiler refuses is interpreted.
        Err(what) if what.starts_with("not compiled: instruction") => Tally::default(),
        Err(what) => panic!("{what}"),
    }
}

/// Instructions as they are, and 64 bytes of read-only data behind them.
fn raw(bytes: &[u8]) -> Program {
    let insn = |slot: &[u8]| Insn {
        op: slot[0],
        dst: slot[1] & 15,
        src: slot[1] >> 4,
        off: i16::from_le_bytes([slot[2], slot[3]]),
        imm: i32::from_le_bytes([slot[4], slot[5], slot[6], slot[7]]),
    };
    Program {
        insns: bytes.chunks_exact(8).take(SLOTS).map(insn).collect(),
        rodata: vec![Rodata {
            name: ".rodata".to_owned(),
            bytes: (0..64).collect(),
        }],
        ..Program::default()
    }
}

/// An object file: the verifier neither panics nor goes on for ever, and what it accepts does not fault.
pub fn elf_load(elf: &[u8]) {
    let start = Instant::now();
    let stop = |_| start.elapsed() > Duration::from_secs(2);
    let limits = VerifyLimits {
        max_steps: 30_000,
        ..VerifyLimits::default()
    };
    let report = verify(elf, &limits, &stop);
    let Ok(loaded) = load(elf) else {
        assert!(!report.ok, "accepted, but not loaded");
        return;
    };
    let settings = Settings {
        fuel: 20_000,
        ..Settings::default()
    };
    let mut instance = Instance::new(Arc::new(loaded.program), settings);
    let random = Random::new(elf.len() as u64);
    for (number, packet) in packets(&random, 3).iter().enumerate() {
        let Parsed::Udp { flow, .. } = parse(packet) else {
            panic!("packets are UDP");
        };
        let nanos = (number as u64) << 30;
        let now = Clock {
            unix_nanos: nanos,
            monotonic_nanos: nanos,
        };
        let result = instance.run(packet, &flow, now, &mut || 7);
        if let (true, Err(RunError::Fault { pc, message })) = (report.ok, result) {
            panic!("accepted, but instruction {pc} faults: {message}");
        }
    }
}

/// A capture: reading it ends with packets or an error, and what replay writes of it can be read again.
pub fn capture(bytes: &[u8]) {
    let records = read(bytes);
    let result = replay(reference(), bytes, &options());
    let Ok(replay) = result else {
        return;
    };
    let records = records.expect("what is replayed can be read");
    assert_eq!(replay.summary.packets, records.len() as u64);
    if replay.annotated.len() <= MAX_CAPTURE {
        let again = read(&replay.annotated).expect("the annotated capture can be read");
        let challenges = replay.summary.challenges as usize;
        assert_eq!(again.len(), records.len() + challenges);
    }
}

fn options() -> ReplayOptions {
    ReplayOptions {
        annotate: true,
        ip_offset: None,
        seed: 3,
        top: 5,
        first: 5,
        settings: Settings::default(),
    }
}

/// The program of the corpus that sends challenges.
fn reference() -> Arc<Program> {
    static PROGRAM: OnceLock<Arc<Program>> = OnceLock::new();
    let load = || {
        let elf = include_bytes!("../../corpus/challenge.o");
        Arc::new(load(elf).expect("a program of the corpus").program)
    };
    PROGRAM.get_or_init(load).clone()
}

/// A packet: what is found in it lies inside of it, and comes back from a packet that is built of it.
pub fn packet_parse(bytes: &[u8]) {
    let Parsed::Udp {
        flow,
        ip_header_length,
        payload,
    } = parse(bytes)
    else {
        return;
    };
    assert!((20..=bytes.len()).contains(&ip_header_length));
    let start = (payload.as_ptr() as usize).wrapping_sub(bytes.as_ptr() as usize);
    assert!(payload.is_empty() || start >= ip_header_length + 8);
    assert!(payload.is_empty() || start + payload.len() <= bytes.len());
    let built = build_udp(&flow, payload);
    match parse(&built) {
        Parsed::Udp {
            flow: again,
            payload: same,
            ..
        } => assert_eq!((again, same), (flow, payload)),
        // A header with options may have left less room than this one takes, and the other way round.
        _ => assert!(built.len() > 1500),
    }
    reversed(&flow);
}

fn reversed(flow: &Flow) {
    assert_eq!(flow.reversed().reversed(), *flow);
}
