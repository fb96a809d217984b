//! Every program of `tests/corpus`: the verdict and the place that its source names, and Cloudflare's verdict.
//!
//! A line with `// refused: CODE` is where the first diagnostic must point. A line with `// warned: CODE` is one of a
//! program that is safe, not portable. A program without either must be accepted without a word.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use flowprotect_vm::diagnostic::Diagnostic;
use flowprotect_vm::verify::{Verdict, VerifyLimits, VerifyReport, verify};
use sha2::{Digest, Sha256};

/// Where the verdict differs from that of `pfp-verifier` on purpose, and why.
const DIFFERS: &[(&str, &str)] = &[
    (
        "long_program",
        "4,000 instructions take pfp-verifier minutes, see verify/relabel.rs",
    ),
    (
        "rodata_table",
        "read-only data is supported here, pfp-verifier panics on it",
    ),
    (
        "rodata_printf",
        "read-only data is supported here, pfp-verifier panics on it",
    ),
    (
        "rodata_hash",
        "read-only data is supported here, pfp-verifier panics on it",
    ),
    (
        "rodata_bounds",
        "an error with a line here, pfp-verifier panics on read-only data",
    ),
    (
        "write_rodata",
        "an error with a line here, pfp-verifier panics on read-only data",
    ),
    (
        "global_counter",
        "an error with a line here, pfp-verifier panics on writable data",
    ),
    (
        "static_setting",
        "an error with a line here, pfp-verifier panics on writable data",
    ),
    (
        "pointer_table",
        "an error with a line here, pfp-verifier panics on read-only data",
    ),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

struct Case {
    name: String,
    source: String,
    object: Vec<u8>,
    report: VerifyReport,
}

fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(read_cases)
}

fn read_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "c") {
            let object = std::fs::read(path.with_extension("o")).unwrap();
            cases.push(Case {
                name: path.file_stem().unwrap().to_string_lossy().into_owned(),
                source: std::fs::read_to_string(&path).unwrap(),
                report: verify(&object, &VerifyLimits::default(), &|_| false),
                object,
            });
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(cases.len() >= 80);
    cases
}

/// The code and the line that the source names. A marker on a line of its own has no line.
fn expected(source: &str) -> Option<(&str, Option<u32>)> {
    source.lines().enumerate().find_map(|(index, text)| {
        let (code_before, marker) = text
            .split_once("// refused: ")
            .or_else(|| text.split_once("// warned: "))?;
        let line = (!code_before.trim().is_empty()).then_some(index as u32 + 1);
        Some((marker.trim(), line))
    })
}

#[test]
fn each_program_gets_the_verdict_its_source_names() {
    let mut wrong = Vec::new();
    for case in cases() {
        let found = case
            .report
            .diagnostics
            .first()
            .map(|found| (found.code.as_str(), found.line));
        let wanted = expected(&case.source);
        let is_refused = case.source.contains("// refused: ");
        let verdict = match is_refused {
            true => None,
            false if wanted.is_some() || case.name.starts_with("rodata_") => Some(Verdict::Safe),
            false => Some(Verdict::Portable),
        };
        if found != wanted || case.report.ok == is_refused || case.report.verdict != verdict {
            let message = case.report.diagnostics.first().map(|found| &found.message);
            wrong.push(format!(
                "{}: {found:?} instead of {wanted:?}: {message:?}",
                case.name
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An author needs a column, words and a hint, and none of the verifier's own.
#[test]
fn each_refusal_can_be_acted_on() {
    for case in cases() {
        for found in &case.report.diagnostics {
            assert!(found.hint.is_some(), "{}: {found:?}", case.name);
            assert_eq!(
                found.column.is_some(),
                found.line.is_some(),
                "{}",
                case.name
            );
            for word in ["svalue", "_offset", "r1", "assert", "oo"] {
                assert!(
                    !found.message.split([' ', '.']).any(|w| w == word),
                    "{}: {found:?}",
                    case.name
                );
            }
        }
    }
}

#[test]
fn cloudflares_verifier_agrees() {
    let recorded = std::fs::read_to_string(folder().join("cloudflare.txt")).unwrap();
    let recorded: BTreeMap<&str, (&str, &str)> = recorded
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, (words.next()?, words.next()?)))
        })
        .collect();
    let mut wrong = Vec::new();
    for case in cases() {
        let Some((digest, theirs)) = recorded.get(case.name.as_str()) else {
            wrong.push(format!("{}: not recorded, run crates/vm-corpus", case.name));
            continue;
        };
        if *digest != format!("{:x}", Sha256::digest(&case.object)) {
            wrong.push(format!(
                "{}: recorded for another object, run crates/vm-corpus",
                case.name
            ));
        }
        let ours = if case.report.verdict == Some(Verdict::Portable) {
            "accepted"
        } else {
            "refused"
        };
        let why = DIFFERS.iter().find(|(name, _)| *name == case.name);
        match why {
            None if ours != *theirs => {
                wrong.push(format!("{}: {ours}, theirs {theirs}", case.name))
            }
            Some((name, why)) if matches!(*theirs, "accepted" | "refused") => {
                wrong.push(format!("{name}: theirs is {theirs} now, but: {why}"));
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where the analysis is cut off, the loop that it was in is named, by step limit as well as by time.
#[test]
fn no_verdict_names_the_loop() {
    let case = cases()
        .iter()
        .find(|case| case.name == "waits_for_byte")
        .unwrap();
    let line = case
        .source
        .lines()
        .position(|text| text.contains("while ("))
        .unwrap()
        + 1;
    let (mut by_steps, mut by_time) = (Vec::new(), Vec::new());
    for cut in 1..40 {
        let limits = VerifyLimits {
            max_steps: 2 * cut,
            ..VerifyLimits::default()
        };
        by_steps.extend(verify(&case.object, &limits, &|_| false).diagnostics);
        let asked = std::cell::Cell::new(0);
        let late = |_| {
            asked.set(asked.get() + 1);
            asked.get() > cut
        };
        by_time.extend(verify(&case.object, &VerifyLimits::default(), &late).diagnostics);
    }
    for found in by_steps.iter().chain(&by_time) {
        assert!(found.hint.is_some(), "{found:?}");
    }
    let is_cut_off = |found: &Diagnostic| found.code == "verify.no_verdict";
    let names_the_loop = |found: &Diagnostic| is_cut_off(found) && found.line == Some(line as u32);
    assert!(by_steps.iter().any(names_the_loop), "{by_steps:?}");
    assert!(by_time.iter().any(is_cut_off), "{by_time:?}");
}

/// A program is either kind of accepted, and asked for one kind only where it is portable.
#[test]
fn portable_only_takes_what_is_portable() {
    let limits = VerifyLimits {
        portable_only: true,
        ..VerifyLimits::default()
    };
    for case in cases() {
        let report = verify(&case.object, &limits, &|_| false);
        assert_eq!(
            report.ok,
            case.report.verdict == Some(Verdict::Portable),
            "{}: {:?}",
            case.name,
            report.diagnostics
        );
        let code = report.diagnostics.first().map(|found| found.code.as_str());
        if case.name.starts_with("rodata_") {
            assert_eq!(code, Some("verify.not_portable"), "{}", case.name);
        }
        if case.name == "long_loop" {
            assert_eq!(code, Some("verify.loop"));
        }
    }
}
