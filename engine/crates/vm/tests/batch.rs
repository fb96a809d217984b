//! Batches: they decide as single runs do, keep packets apart, and allocate nothing for a packet.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use flowprotect_vm::instance::{
    Batch, BatchError, Clock, Engine, Instance, RunError, Settings, Verdict,
};
use flowprotect_vm::load::load;
use flowprotect_vm::packet::{Flow, build_udp, parse};
use flowprotect_vm::program::{Insn, Program};

/// Counts what this thread asks for.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: all calls go to the system's allocator as they are; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const NOW: Clock = Clock {
    unix_nanos: 5_000_000_000,
    monotonic_nanos: 5_000_000_000,
};

fn program(path: &str) -> Arc<Program> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let elf = std::fs::read(&path).unwrap();
    Arc::new(load(&elf).ok().unwrap().program)
}

fn flow(source: u8) -> Flow {
    Flow {
        src: [10, 0, 0, source].into(),
        src_port: 4000,
        dst: [10, 1, 0, 1].into(),
        dst_port: 7777,
    }
}

fn packets() -> Vec<Vec<u8>> {
    let payload = |at: usize| -> Vec<u8> {
        let mut payload: Vec<u8> = (0..(at * 37) % 900).map(|byte| (byte * at) as u8).collect();
        if at.is_multiple_of(3) {
            payload.resize(44, 1);
            payload[..8].copy_from_slice(b"FPG1\x01\x01\0\0");
        }
        payload
    };
    (0..40)
        .map(|at| build_udp(&flow(at as u8 % 5), &payload(at)))
        .collect()
}

const PROGRAMS: [&str; 5] = [
    "../vm-bench/programs/token.o",
    "../vm-bench/programs/cookie.o",
    "../vm-bench/programs/rate.o",
    "../vm/tests/corpus/rodata_table.o",
    "../vm/tests/corpus/write_packet.o",
];

#[test]
fn a_batch_decides_as_single_runs_do() {
    for (path, engine) in PROGRAMS
        .iter()
        .flat_map(|path| [(path, Engine::Jit), (path, Engine::Interpreter)])
    {
        let program = program(path);
        let new = || Instance::with_engine(Arc::clone(&program), Settings::default(), engine);
        let (mut single, mut many) = (new(), new());
        let mut batch = many.batch(16);
        let all = packets();
        for (round, chunk) in all.chunks(16).chain(all.chunks(16)).enumerate() {
            batch.clear();
            for packet in chunk {
                if round % 2 == 0 {
                    batch.push(packet).unwrap();
                } else {
                    // Whatever was in the buffer behind the packet is not the program's to see.
                    let buffer = batch.buffer().unwrap();
                    buffer.fill(0xee);
                    buffer[..packet.len()].copy_from_slice(packet);
                    batch.received(packet.len()).unwrap();
                }
            }
            many.run_batch(&mut batch, NOW, &mut || 4);
            assert_eq!(batch.results().len(), chunk.len());
            for (at, packet) in chunk.iter().enumerate() {
                let flow = flow(packet[15]);
                let alone = single.run(packet, &flow, NOW, &mut || 4).unwrap();
                let found = batch.results()[at].clone().unwrap();
                assert_eq!(found.verdict, alone.verdict, "{path} {at}");
                assert_eq!(
                    (found.tag, found.fuel_used, found.skipped),
                    (alone.tag, alone.fuel_used, alone.skipped)
                );
                assert_eq!(batch.challenge(at), alone.challenge.as_deref());
                assert_eq!(batch.printed(at), alone.printed);
            }
        }
    }
}

#[test]
fn a_datagram_is_decided_as_its_packet_is() {
    for path in PROGRAMS {
        let program = program(path);
        let new = || Instance::new(Arc::clone(&program), Settings::default());
        let (mut whole, mut parts) = (new(), new());
        for packet in packets() {
            let flow = flow(packet[15]);
            let expected = whole.run(&packet, &flow, NOW, &mut || 4).unwrap();
            let found = (parts.run_udp(&flow, &packet[28..], NOW, &mut || 4)).unwrap();
            assert_eq!(
                (found.verdict, found.tag, found.fuel_used, found.skipped),
                (
                    expected.verdict,
                    expected.tag,
                    expected.fuel_used,
                    expected.skipped
                )
            );
            assert_eq!(parts.challenge(), expected.challenge.as_deref());
        }
        let error = parts.run_udp(&flow(1), &[0; 1473], NOW, &mut || 4);
        assert!(matches!(error, Err(RunError::Fault { pc: 0, .. })));
        assert_eq!(parts.challenge(), None);
    }
}

#[test]
fn each_packet_of_a_batch_has_its_own_time() {
    let insn = |op, dst, src, imm| Insn {
        op,
        dst,
        src,
        off: 0,
        imm,
    };
    // Tags each packet with `timestamp()`.
    let insns = vec![
        insn(0x85, 0, 0, 2),
        insn(0xbf, 1, 0, 0),
        insn(0x85, 0, 0, 18),
        insn(0xb7, 0, 0, 0),
        insn(0x95, 0, 0, 0),
    ];
    let program = Arc::new(Program {
        insns,
        ..Program::default()
    });
    let mut instance = Instance::new(program, Settings::default());
    let mut batch = instance.batch(3);
    let times = [7, 5, 1_790_000_000].map(|seconds| Clock {
        unix_nanos: seconds * 1_000_000_000 + 999_999_999,
        monotonic_nanos: 0,
    });
    let packet = build_udp(&flow(1), b"x");
    let headers = parse(&packet).headers().unwrap();
    for _ in times {
        batch.push_parsed(&packet, &headers).unwrap();
    }
    assert_eq!(batch.push_parsed(&packet, &headers), Err(BatchError::Full));
    instance.run_batch_at(&mut batch, &times, &mut || 4);
    let tags = batch.results().iter().map(|one| one.as_ref().unwrap().tag);
    assert_eq!(tags.collect::<Vec<_>>(), [7, 5, 1_790_000_000]);
}

#[test]
#[should_panic(expected = "each packet has its time")]
fn a_batch_without_a_time_for_each_packet_is_refused() {
    let mut instance = Instance::new(program(PROGRAMS[0]), Settings::default());
    let mut batch = instance.batch(1);
    instance.run_batch_at(&mut batch, &[NOW], &mut || 4);
}

#[test]
fn nothing_is_allocated_for_a_packet() {
    for path in PROGRAMS {
        let program = program(path);
        let mut instance = Instance::new(program, Settings::default());
        let mut batch = instance.batch(40);
        let packets = packets();
        let mut run = || {
            batch.clear();
            for packet in &packets {
                let buffer = batch.buffer().unwrap();
                buffer[..packet.len()].copy_from_slice(packet);
                batch.received(packet.len()).unwrap();
            }
            instance.run_batch(&mut batch, NOW, &mut || 4);
            batch
                .results()
                .iter()
                .filter(|result| result.is_ok())
                .count()
        };
        // The first time makes the entries of sources and flows.
        assert_eq!(run(), 40);
        let before = ALLOCATIONS.get();
        assert_eq!(run(), 40);
        assert_eq!(ALLOCATIONS.get() - before, 0, "{path}");
    }
    let before = ALLOCATIONS.get();
    drop(std::hint::black_box(vec![1]));
    assert_eq!(ALLOCATIONS.get() - before, 1, "the count counts");
}

#[test]
fn what_cannot_be_taken_says_why() {
    let instance = Instance::new(program(PROGRAMS[0]), Settings::default());
    let mut batch = instance.batch(1);
    assert_eq!(batch.push(b""), Err(BatchError::NotUdp));
    assert_eq!(batch.push(&[0x45; 2000]), Err(BatchError::NotUdp));
    batch.buffer().unwrap().fill(0xff);
    for length in [0, 1, 1500, usize::MAX] {
        assert_eq!(batch.received(length), Err(BatchError::NotUdp));
    }
    assert!(batch.is_empty());
    let packet = build_udp(&flow(1), b"x");
    assert_eq!(batch.push(&packet), Ok(flow(1)));
    assert_eq!(batch.push(&packet), Err(BatchError::Full));
    assert_eq!(batch.buffer().err(), Some(BatchError::Full));
    assert_eq!(batch.received(1), Err(BatchError::Full));
    assert_eq!((batch.len(), batch.capacity()), (1, 1));
    assert_eq!(BatchError::Full.code(), "batch.full");
    assert_eq!(BatchError::NotUdp.code(), "batch.not_udp");
}

#[test]
#[should_panic(expected = "a batch is run by its own program")]
fn a_batch_of_another_program_is_refused() {
    let mut instance = Instance::new(program(PROGRAMS[0]), Settings::default());
    let mut batch = Batch::new(&program(PROGRAMS[1]), 1);
    instance.run_batch(&mut batch, NOW, &mut || 4);
}

/// A program that returns the byte at `offset` of its packet's structure, and sets it.
fn marks(offset: i16) -> Arc<Program> {
    let insn = |op, dst, src, off, imm| Insn {
        op,
        dst,
        src,
        off,
        imm,
    };
    Arc::new(Program {
        insns: vec![
            insn(0x79, 6, 1, 0, 0),
            insn(0x71, 0, 6, offset, 0),
            insn(0x72, 6, 0, offset, 1),
            insn(0x95, 0, 0, 0, 0),
        ],
        ..Program::default()
    })
}

#[test]
fn packets_leave_nothing_to_each_other() {
    let mut instance = Instance::new(marks(16 + 1000), Settings::default());
    let mut batch = instance.batch(3);
    let packet = build_udp(&flow(1), b"short");
    for _ in 0..2 {
        batch.clear();
        for _ in 0..3 {
            batch.push(&packet).unwrap();
        }
        instance.run_batch(&mut batch, NOW, &mut || 4);
        for result in batch.results() {
            assert_eq!(result.as_ref().unwrap().verdict, Verdict::Pass);
        }
    }
}

#[test]
fn one_failure_is_that_packets_own() {
    // Without fuel for a first instruction there is no verdict; the others of the batch are run all the same.
    let settings = Settings {
        fuel: 0,
        ..Settings::default()
    };
    let mut instance = Instance::new(marks(16), settings);
    let mut batch = instance.batch(2);
    for _ in 0..2 {
        batch.push(&build_udp(&flow(1), b"x")).unwrap();
    }
    instance.run_batch(&mut batch, NOW, &mut || 4);
    assert_eq!(
        batch.results(),
        [Err(RunError::OutOfFuel), Err(RunError::OutOfFuel)]
    );
}
