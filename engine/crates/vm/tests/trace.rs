//! Traces: the lines of the C program, what they read and called, and what they cost.

use std::path::Path;
use std::sync::Arc;

use flowprotect_vm::instance::{Clock, Engine, Instance, RunError, Settings, Verdict};
use flowprotect_vm::load::load;
use flowprotect_vm::packet::{Flow, build_udp};
use flowprotect_vm::trace::Line;

fn instance(object: &str, fuel: u64) -> Instance {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(object);
    let program = load(&std::fs::read(path).unwrap()).ok().unwrap().program;
    let settings = Settings {
        fuel,
        ..Settings::default()
    };
    Instance::new(Arc::new(program), settings)
}

const NOW: Clock = Clock {
    unix_nanos: 5_000_000_000,
    monotonic_nanos: 5_000_000_000,
};

fn flow() -> Flow {
    Flow {
        src: "127.0.0.9".parse().unwrap(),
        src_port: 4000,
        dst: "127.0.0.1".parse().unwrap(),
        dst_port: 7777,
    }
}

#[test]
fn a_trace_tells_what_lines_read_and_called() {
    let mut instance = instance("fixtures/cookie_guard.o", 1_000_000);
    let mut game = vec![0; 44];
    game[..8].copy_from_slice(b"FPG1\x01\x01\0\0");
    let packet = build_udp(&flow(), &game);
    let (outcome, traced) = instance.trace(&packet, &flow(), NOW, &mut || 1);
    let outcome = outcome.unwrap();
    assert_eq!(outcome.verdict, Verdict::Drop);
    assert!(outcome.challenge.is_some() && !traced.truncated);
    let calls: Vec<_> = traced.lines.iter().flat_map(|line| &line.calls).collect();
    let named: Vec<_> = calls.iter().map(|call| (call.name, call.result)).collect();
    assert_eq!(
        named,
        [
            ("hmac_sha256", 32),
            ("set_challenge", 0),
            ("set_network_analytics_tag", 0)
        ]
    );
    // The magic number is read where the payload starts.
    let reads_magic = |line: &&Line| line.reads.iter().any(|read| read.offset == 28);
    let magic = traced.lines.iter().find(reads_magic).unwrap();
    let source = include_str!("fixtures/cookie_guard.c");
    let text = source
        .lines()
        .nth(magic.line.unwrap() as usize - 1)
        .unwrap();
    assert!(text.contains("ntohl(game->magic)"), "{text}");
    let last = traced.lines.last().unwrap();
    assert_eq!(last.fuel, 1_000_000 - outcome.fuel_used);
    let steps: usize = traced.lines.iter().map(|line| line.instructions).sum();
    assert!(steps as u64 <= outcome.fuel_used);
}

#[test]
fn a_traced_run_is_like_any_other() {
    let packets =
        [&b""[..], b"x", b"challenge", &[7; 300]].map(|payload| build_udp(&flow(), payload));
    for object in [
        "corpus/rate_limit.o",
        "corpus/source_status.o",
        "corpus/rodata_table.o",
    ] {
        let (mut run, mut traced) = (instance(object, 10_000), instance(object, 10_000));
        assert_eq!(run.engine(), Engine::Jit);
        for packet in packets.iter().cycle().take(300) {
            let expected = run.run(packet, &flow(), NOW, &mut || 1);
            assert_eq!(traced.trace(packet, &flow(), NOW, &mut || 1).0, expected);
        }
    }
}

#[test]
fn a_trace_of_a_loop_without_end_is_bounded() {
    let mut instance = instance("corpus/waits_for_byte.o", 2_000_000);
    let packet = build_udp(&flow(), b"abc");
    let (outcome, traced) = instance.trace(&packet, &flow(), NOW, &mut || 1);
    assert_eq!(outcome, Err(RunError::OutOfFuel));
    assert!(traced.truncated);
    assert_eq!(traced.lines.len(), flowprotect_vm::trace::MAX_LINES);
    let (outcome, traced) = instance.trace(b"rubbish", &flow(), NOW, &mut || 1);
    assert!(outcome.is_err() && traced.lines.is_empty());
}
