//! Captures through the cookie guard and through small hand-made programs.

use std::cell::Cell;
use std::sync::Arc;

use flowprotect_vm::capture::{self, Writer};
use flowprotect_vm::instance::Settings;
use flowprotect_vm::load::load;
use flowprotect_vm::packet::{Flow, build_udp};
use flowprotect_vm::program::{Insn, Program};
use flowprotect_vm::replay::{MAX_TAGS, ReplayOptions, replay, replay_timed};

fn options() -> ReplayOptions {
    ReplayOptions {
        ip_offset: None,
        seed: 1,
        top: 2,
        first: 3,
        settings: Settings {
            fuel: 1_000,
            ..Settings::default()
        },
    }
}

fn packet(source: u8, payload: &[u8]) -> Vec<u8> {
    let flow = Flow {
        src: [10, 0, 0, source].into(),
        src_port: 40_000,
        dst: [127, 0, 0, 1].into(),
        dst_port: 7777,
    };
    build_udp(&flow, payload)
}

fn program(code: &[(u8, u8, i16, i32)]) -> Arc<Program> {
    let insns = code
        .iter()
        .map(|&(op, registers, off, imm)| Insn {
            op,
            dst: registers & 15,
            src: registers >> 4,
            off,
            imm,
        })
        .collect();
    Arc::new(Program {
        insns,
        ..Program::default()
    })
}

/// Tags each packet with a random number and passes it: 5 instructions and two helpers of 8.
fn tagger() -> Arc<Program> {
    program(&[
        (0x85, 0, 0, 1),
        (0xbf, 1, 0, 0),
        (0x85, 0, 0, 18),
        (0xb7, 0, 0, 0),
        (0x95, 0, 0, 0),
    ])
}

fn guard() -> Arc<Program> {
    let path = format!(
        "{}/tests/fixtures/cookie_guard.o",
        env!("CARGO_MANIFEST_DIR")
    );
    Arc::new(load(&std::fs::read(path).unwrap()).ok().unwrap().program)
}

/// A capture of link type `link`; each packet follows `header`.
fn file(link: u32, header: &[u8], packets: &[Vec<u8>]) -> Vec<u8> {
    let mut writer = Writer::default();
    for (index, packet) in packets.iter().enumerate() {
        writer.packet(
            link,
            index as u64 * 1_000_000_000,
            &[header, packet].concat(),
            &[],
        );
    }
    writer.finish()
}

#[test]
fn the_offset_is_known_guessed_or_given() {
    let packets: Vec<_> = (1..4).map(|source| packet(source, b"hello")).collect();
    let ethernet = [&[0; 12][..], &[8, 0]].concat();
    let counted = |link: u32, header: &[u8], ip_offset| {
        let options = ReplayOptions {
            ip_offset,
            ..options()
        };
        let summary = replay(tagger(), &file(link, header, &packets), &options)
            .unwrap()
            .summary;
        (summary.passed, summary.ignored)
    };
    assert_eq!(counted(1, &ethernet, None), (3, 0));
    assert_eq!(counted(147, &[9; 23], None), (3, 0));
    assert_eq!(counted(147, &[9; 70], None), (0, 3));
    assert_eq!(counted(147, &[9; 70], Some(70)), (3, 0));
    assert_eq!(counted(1, &ethernet, Some(usize::MAX)), (0, 3));
}

#[test]
fn the_summary_counts_and_times() {
    let packets = vec![
        packet(1, b"x"),
        packet(2, b"x"),
        packet(2, b"y"),
        packet(3, b"z"),
        vec![0x45],
    ];
    let capture = file(101, &[], &packets);
    let clock = Cell::new(0);
    let mut now = || {
        clock.set(clock.get() + 50);
        clock.get()
    };
    let timed = replay_timed(tagger(), &capture, &options(), &|| false, &mut now).unwrap();
    let summary = serde_json::to_value(&timed.summary).unwrap();
    assert_eq!(summary["packets"], 5);
    assert_eq!(
        (&summary["passed"], &summary["ignored"]),
        (&4.into(), &1.into())
    );
    assert_eq!(summary["ns_per_packet"], 50.0);
    assert_eq!(
        (&summary["fuel_total"], &summary["fuel_max"]),
        (&84.into(), &21.into())
    );
    assert_eq!(summary["tags"].as_object().unwrap().len(), 4);
    assert_eq!(summary["sources"].as_array().unwrap().len(), 2);
    assert_eq!(summary["sources"][0]["address"], "10.0.0.2");
    assert_eq!(summary["first"].as_array().unwrap().len(), 3);
    assert_eq!(summary["first"][1]["source"], "10.0.0.2");
    assert_eq!(summary["first"][1]["destination_port"], 7777);
    assert_eq!(
        replay(tagger(), &capture, &options())
            .unwrap()
            .summary
            .ns_per_packet,
        None
    );
}

#[test]
fn the_summary_stays_small() {
    let packets = vec![packet(1, b"x"); MAX_TAGS + 7];
    let summary = replay(tagger(), &file(101, &[], &packets), &options())
        .unwrap()
        .summary;
    assert_eq!((summary.tags.len(), summary.tags_other), (MAX_TAGS, 7));
}

#[test]
fn a_replay_can_be_stopped() {
    let capture = file(101, &[], &vec![packet(1, b"x"); 9]);
    let asked = Cell::new(0);
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() > 4
    };
    let error = replay_timed(tagger(), &capture, &options(), &stop, &mut || 0)
        .err()
        .unwrap();
    assert_eq!((error.code, error.packet), ("capture.stopped", Some(5)));
}

#[test]
fn no_verdict_is_an_error_of_the_packet() {
    let endless = program(&[(0x05, 0, -1, 0)]);
    let result = replay(endless, &file(101, &[], &[packet(1, b"x")]), &options()).unwrap();
    assert_eq!((result.summary.errors, result.summary.fuel_max), (1, 1_000));
    assert!(String::from_utf8_lossy(&result.annotated).contains("No verdict: out of fuel"));
}

#[test]
fn a_challenge_follows_its_packet() {
    let mut payload = b"FPG1\x01\x01\0\0".to_vec();
    payload.resize(44, 0);
    let packets = vec![packet(1, &payload), packet(1, b"rubbish")];
    let result = replay(
        guard(),
        &file(101, &[], &packets),
        &ReplayOptions {
            settings: Settings::default(),
            ..options()
        },
    )
    .unwrap();
    assert_eq!((result.summary.dropped, result.summary.challenges), (2, 1));
    let text = String::from_utf8_lossy(&result.annotated).into_owned();
    assert!(text.contains("CF_EBPF_DROP") && text.contains("Analytics tag: 1"));
    assert!(text.contains("Challenge packet"));
    let written = capture::read(&result.annotated).unwrap();
    assert_eq!(written.len(), 3);
    assert_eq!(written[0].data, packets[0]);
    assert_eq!(written[1].unix_nanos, written[0].unix_nanos);
    assert_eq!(written[2].data, packets[1]);
}
