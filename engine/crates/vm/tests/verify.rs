//! Objects that clang made of the C beside them, through loader, verifier and interpreter.

use std::sync::Arc;

use flowprotect_vm::instance::{Clock, Instance, Settings, Verdict};
use flowprotect_vm::load::load;
use flowprotect_vm::packet::{Flow, build_udp};
use flowprotect_vm::verify::{VerifyLimits, VerifyReport, verify};

fn object(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{name}.o", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

fn report(name: &str) -> VerifyReport {
    verify(&object(name), &VerifyLimits::default(), &|_| false)
}

fn refused(name: &str, code: &str) -> VerifyReport {
    let report = report(name);
    assert!(!report.ok);
    assert_eq!(report.diagnostics[0].code, code, "{report:?}");
    report
}

#[test]
fn what_is_safe_is_accepted() {
    for name in ["pass_all", "cookie_guard", "table"] {
        let report = report(name);
        assert!(report.ok, "{name}: {:?}", report.diagnostics);
        assert!(report.instructions > 0);
    }
}

#[test]
fn a_missing_bound_is_named_with_its_line() {
    let report = refused("missing_bound", "verify.packet_bounds");
    assert_eq!(report.diagnostics[0].line, Some(5));
    assert!(report.diagnostics[0].hint.is_some());
}

#[test]
fn other_mistakes_have_codes_of_their_own() {
    refused("bad_return", "verify.return_value");
    assert_eq!(
        refused("division", "verify.division").diagnostics[0].line,
        Some(5)
    );
    refused("global", "load.global");
    refused("stack", "verify.stack");
    assert!(!report("endless").ok);
}

#[test]
fn limits_end_the_analysis() {
    let limits = VerifyLimits {
        max_steps: 5,
        ..VerifyLimits::default()
    };
    let stepped = verify(&object("cookie_guard"), &limits, &|_| false);
    assert_eq!(stepped.diagnostics[0].code, "verify.no_verdict");
    let stopped = verify(&object("cookie_guard"), &VerifyLimits::default(), &|_| true);
    assert_eq!(stopped.diagnostics[0].code, "verify.no_verdict");
}

#[test]
fn rubbish_is_refused_without_a_panic() {
    let good = object("cookie_guard");
    let mut seed = 1u64;
    for round in 0..300 {
        let mut bytes = good.clone();
        for _ in 0..=round % 8 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let at = (seed >> 32) as usize % bytes.len();
            bytes[at] ^= (seed >> 20) as u8;
        }
        if round % 3 == 0 {
            bytes.truncate((seed >> 40) as usize % bytes.len());
        }
        let limits = VerifyLimits {
            max_steps: 20_000,
            ..VerifyLimits::default()
        };
        let _ = verify(&bytes, &limits, &|_| false);
    }
    assert!(!verify(b"", &VerifyLimits::default(), &|_| false).ok);
}

/// The seeded program with the cookie required: a source is challenged, answers, and passes.
#[test]
fn the_cookie_guard_challenges_and_then_passes() {
    let loaded = load(&object("cookie_guard")).ok().unwrap();
    let mut instance = Instance::new(
        Arc::new(loaded.program),
        Settings {
            hmac_key: [7; 32],
            ..Settings::default()
        },
    );
    let flow = Flow {
        src: "127.1.0.1".parse().unwrap(),
        src_port: 40_000,
        dst: "127.0.0.1".parse().unwrap(),
        dst_port: 7777,
    };
    let mut payload = b"FPG1\x01\x01\0\0".to_vec();
    payload.resize(44, 0);
    let mut run = |payload: &[u8], nanos: u64| {
        instance
            .run(
                &build_udp(&flow, payload),
                &flow,
                Clock {
                    unix_nanos: nanos,
                    monotonic_nanos: nanos,
                },
                &mut || 1,
            )
            .unwrap()
    };
    let first = run(&payload, 1);
    assert_eq!((first.verdict, first.tag), (Verdict::Drop, 1));
    let challenge = first.challenge.unwrap();
    assert_eq!((challenge.len(), &challenge[..5]), (24, &b"FPG1\x03"[..]));
    payload[16..24].copy_from_slice(&challenge[16..24]);
    let answered = run(&payload, 2);
    assert_eq!((answered.verdict, answered.tag), (Verdict::Pass, 2));
    payload[16] ^= 1;
    assert_eq!(run(&payload, 3).verdict, Verdict::Drop);
    assert_eq!(run(b"rubbish", 4).verdict, Verdict::Drop);
}
