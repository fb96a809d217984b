//! Captures through the cookie guard and through small hand-made programs.

use std::cell::Cell;
use std::sync::Arc;

use flowprotect_vm::capture::{self, Writer};
use flowprotect_vm::instance::Settings;
use flowprotect_vm::load::load;
use flowprotect_vm::packet::{Flow, build_udp};
use flowprotect_vm::program::{Insn, Program};
use flowprotect_vm::replay::{BATCH, MAX_TAGS, ReplayOptions, replay, replay_timed, trace};

fn options() -> ReplayOptions {
    ReplayOptions {
        ip_offset: None,
        seed: 1,
        top: 2,
        first: 3,
        annotate: true,
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
    // One batch of four runs.
    assert_eq!(summary["ns_per_packet"], 12.5);
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
    let capture = file(101, &[], &vec![packet(1, b"x"); 9 * BATCH]);
    let asked = Cell::new(0);
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() > 4
    };
    let error = replay_timed(tagger(), &capture, &options(), &stop, &mut || 0)
        .err()
        .unwrap();
    assert_eq!(
        (error.code, error.packet),
        ("capture.stopped", Some(4 * BATCH + 1))
    );
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

#[test]
fn a_replay_is_annotated_only_where_that_was_asked() {
    let capture = file(101, &[], &[packet(1, b"x")]);
    let quiet = ReplayOptions {
        annotate: false,
        ..options()
    };
    assert!(
        replay(tagger(), &capture, &quiet)
            .unwrap()
            .annotated
            .is_empty()
    );
    assert!(
        !replay(tagger(), &capture, &options())
            .unwrap()
            .annotated
            .is_empty()
    );
}

#[test]
fn the_busiest_sources_are_ordered_and_their_ties_too() {
    let packets: Vec<_> = [9, 3, 7, 3, 9, 5]
        .into_iter()
        .map(|source| packet(source, b"x"))
        .collect();
    let options = ReplayOptions {
        top: 3,
        ..options()
    };
    let summary = replay(tagger(), &file(101, &[], &packets), &options)
        .unwrap()
        .summary;
    let sources: Vec<_> = summary
        .sources
        .iter()
        .map(|source| (source.address.to_string(), source.packets))
        .collect();
    let expected = [("10.0.0.3", 2), ("10.0.0.9", 2), ("10.0.0.5", 1)];
    assert_eq!(
        sources,
        expected.map(|(address, packets)| (address.to_owned(), packets))
    );
}

#[test]
fn a_traced_packet_says_what_the_replay_said() {
    let packets: Vec<_> = (0..BATCH + 9).map(|_| packet(1, b"x")).collect();
    let capture = file(101, &[], &[packets, vec![vec![0x45]]].concat());
    let options = ReplayOptions {
        first: usize::MAX,
        ..options()
    };
    let rows = replay(tagger(), &capture, &options).unwrap().summary.first;
    for number in [1, 2, BATCH, BATCH + 1, BATCH + 9, BATCH + 10] {
        let traced = trace(tagger(), &capture, number, &options, &|| false).unwrap();
        let row = &rows[number - 1];
        // The tag is random: it agrees only if as many numbers were drawn before.
        assert_eq!(
            (
                traced.packet.number,
                traced.packet.tag,
                traced.packet.verdict
            ),
            (row.number, row.tag, row.verdict)
        );
        let runs = row.verdict == "pass";
        assert_eq!(traced.trace.lines.is_empty(), !runs);
        assert!(traced.error.is_none() && !traced.skipped);
    }
}

#[test]
fn a_trace_of_a_packet_that_is_not_there_says_so() {
    let capture = file(101, &[], &[packet(1, b"x"), packet(1, b"x")]);
    for number in [0, 3, 1_000, usize::MAX] {
        let error = trace(tagger(), &capture, number, &options(), &|| false).unwrap_err();
        assert_eq!(error.code, "trace.packet", "{error}");
    }
    let error = trace(tagger(), &capture, 2, &options(), &|| true).unwrap_err();
    assert_eq!(error.code, "capture.stopped");
    let error = trace(tagger(), b"rubbish", 2, &options(), &|| false).unwrap_err();
    assert_eq!(error.code, "capture.format");
}

#[test]
fn a_trace_without_a_verdict_says_why_and_what_was_cut() {
    let endless = program(&[(0x05, 0, -1, 0)]);
    let capture = file(101, &[], &[packet(1, b"x")]);
    let options = ReplayOptions {
        settings: Settings {
            fuel: 50_000,
            ..Settings::default()
        },
        ..options()
    };
    let traced = trace(endless, &capture, 1, &options, &|| false).unwrap();
    assert_eq!(
        (traced.packet.verdict, traced.error),
        ("error", Some("out of fuel".to_owned()))
    );
    let kept = traced.trace.lines.len() as u64;
    assert!(traced.trace.truncated && kept + traced.trace.omitted > kept + 10_000);
}
