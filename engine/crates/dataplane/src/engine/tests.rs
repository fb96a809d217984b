//! What a decision costs in allocations, and that a sample shows the packet as it came.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use flowprotect_vm::instance::Clock;
use flowprotect_vm::packet::{Flow, build_udp};
use serde_json::json;

use super::{Decision, Engine};
use crate::Dataplane;

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

const FIRST_BYTE: &[u8] = include_bytes!("../../tests/fixtures/first_byte.o");
const COOKIE: &[u8] = include_bytes!("../../../vm/tests/fixtures/cookie_guard.o");
const WRITE_PACKET: &[u8] = include_bytes!("../../../vm/tests/corpus/write_packet.o");
const NOW: Clock = Clock {
    unix_nanos: 5_000_000_000,
    monotonic_nanos: 5_000_000_000,
};

/// A dataplane without ports whose only rule runs `elf` on everything to 10.1.0.0/16.
fn protected(elf: &[u8]) -> Dataplane {
    let dataplane = Dataplane::start(&[]).unwrap();
    assert!(dataplane.load_program("program", elf).unwrap().ok);
    let rule = json!({"id": "r", "program": "program", "scope": "global", "name": "global", "mode": "enabled"});
    let config = json!({"accounts": [{
        "id": "a", "prefixes": ["10.1.0.0/16"], "rules": [rule],
        "hmac_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    }]});
    let config = serde_json::from_value(config).unwrap();
    dataplane.apply(&config).unwrap();
    dataplane
}

fn flow(source: u8) -> Flow {
    Flow {
        src: [10, 0, 0, source].into(),
        src_port: 4000,
        dst: [10, 1, 0, 1].into(),
        dst_port: 7777,
    }
}

fn decide(engine: &mut Engine, source: u8, payload: &[u8]) -> Decision {
    let found = engine.find(&flow(source));
    engine.decide(found, &flow(source), payload, NOW, &mut || 4)
}

#[test]
fn a_packet_that_passes_or_is_dropped_allocates_nothing() {
    for (elf, payloads) in [
        (FIRST_BYTE, [b"passes".as_slice(), b"dropped"]),
        (COOKIE, [b"FPG1\x01\x01\0\0 no cookie at all in here", b"x"]),
        (WRITE_PACKET, [b"abcdefgh".as_slice(), b"h"]),
    ] {
        let dataplane = protected(elf);
        let mut engine = dataplane.engine.lock();
        let mut round = |expected: Option<usize>| {
            let before = ALLOCATIONS.get();
            for source in 0..50 {
                for payload in payloads {
                    let decision = decide(&mut engine, source, payload);
                    assert_eq!(decision.challenge, None);
                }
            }
            let made = ALLOCATIONS.get() - before;
            assert!(expected.is_none_or(|expected| expected == made), "{made}");
        };
        // Sources, tags and samples of the first packets.
        round(None);
        round(Some(0));
    }
}

#[test]
fn a_sample_shows_the_packet_before_the_program_wrote_to_it() {
    let dataplane = protected(WRITE_PACKET);
    let mut engine = dataplane.engine.lock();
    decide(&mut engine, 1, b"abcdefgh");
    let taken = engine.sampler.drain();
    assert_eq!(taken.len(), 1);
    let packet = build_udp(&flow(1), b"abcdefgh");
    assert_eq!((taken[0].length, &taken[0].bytes), (packet.len(), &packet));
}
