//! A C program for each of FlowProtect's own helpers: verified, and run in both engines.

use std::path::Path;
use std::sync::Arc;

use flowprotect_vm::additions::lists::Lists;
use flowprotect_vm::instance::{Clock, Engine, Instance, Outcome, Settings, Verdict};
use flowprotect_vm::load::load;
use flowprotect_vm::packet::{Flow, build_udp};
use flowprotect_vm::verify::{Verdict as Verified, VerifyLimits, verify};

const SECOND: u64 = 1_000_000_000;

/// The helpers in words.c with their lines, as they are called.
const WORDS: [(&str, u32); 4] = [
    ("fp_get_source_word", 15),
    ("fp_get_flow_word", 16),
    ("fp_set_source_word", 19),
    ("fp_set_flow_word", 19),
];

fn object(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/additions");
    std::fs::read(folder.join(name).with_extension("o")).unwrap()
}

/// Both engines with one program.
struct Pair([Instance; 2], Flow);

impl Pair {
    fn new(name: &str) -> Self {
        let elf = object(name);
        let report = verify(&elf, &VerifyLimits::default(), &|_| false);
        assert_eq!(report.verdict, Some(Verified::Safe), "{name}: {report:?}");
        let program = Arc::new(load(&elf).ok().unwrap().program);
        let engines = [Engine::Jit, Engine::Interpreter];
        let instances = engines.map(|engine| {
            let instance = Instance::with_engine(Arc::clone(&program), settings([1; 32]), engine);
            assert_eq!(instance.engine(), engine);
            instance
        });
        let flow = Flow {
            src: [10, 0, 0, 9].into(),
            src_port: 4000,
            dst: [127, 0, 0, 1].into(),
            dst_port: 53,
        };
        Self(instances, flow)
    }

    fn run(&mut self, payload: [u8; 8], nanos: u64) -> Outcome {
        let now = Clock {
            unix_nanos: 9 * SECOND,
            monotonic_nanos: nanos,
        };
        let packet = build_udp(&self.1, &payload);
        let [compiled, interpreted] = self
            .0
            .each_mut()
            .map(|instance| instance.run(&packet, &self.1, now, &mut || 4).unwrap());
        assert_eq!(compiled, interpreted);
        compiled
    }

    fn tag(&mut self, payload: [u8; 8], nanos: u64) -> u64 {
        self.run(payload, nanos).tag
    }

    fn passes(&mut self, payload: [u8; 8], nanos: u64) -> bool {
        self.run(payload, nanos).verdict == Verdict::Pass
    }
}

fn settings(key: [u8; 32]) -> Settings {
    let prefixes = vec![
        ([10, 0, 0, 0].into(), 8, 1),
        ([10, 0, 0, 0].into(), 24, 2),
        ([192, 168, 0, 0].into(), 16, 3),
    ];
    Settings {
        hmac_key: key,
        lists: Lists::new([("trusted".to_owned(), prefixes)]),
        ..Settings::default()
    }
}

#[test]
fn nanos() {
    assert_eq!(Pair::new("nanos").tag([0; 8], 1_234_567), 1_234_567);
}

#[test]
fn siphash() {
    let mut pair = Pair::new("siphash");
    let tags = [[1; 8], [2; 8], [1; 8]].map(|payload| pair.tag(payload, 0));
    assert!(tags[0] == tags[2] && tags[0] != tags[1]);
    pair.0
        .iter_mut()
        .for_each(|one| one.renew(&settings([2; 32])));
    assert_ne!(pair.tag([1; 8], 0), tags[0]);
}

#[test]
fn cookies() {
    let mut pair = Pair::new("cookie");
    let cookie = pair.tag([0; 8], 0).to_le_bytes();
    assert!(pair.passes(cookie, 0));
    let mut rotated = settings([2; 32]);
    rotated.previous_hmac_key = Some([1; 32]);
    pair.0.iter_mut().for_each(|one| one.renew(&rotated));
    assert!(pair.passes(cookie, 0) && !pair.passes([1; 8], 0));
    pair.1.src_port += 1;
    assert!(!pair.passes(cookie, 0));
    pair.1.src_port -= 1;
    pair.0
        .iter_mut()
        .for_each(|one| one.renew(&settings([2; 32])));
    assert!(!pair.passes(cookie, 0));
}

#[test]
fn buckets() {
    let mut pair = Pair::new("allow");
    for kind in [1, 2, 3] {
        let packet = [kind, 1, 0, 0, 0, 0, 0, 0];
        assert_eq!([0, 0, 0].map(|now| pair.tag(packet, now)), [1, 1, 0]);
        assert!(pair.passes(packet, SECOND / 10) && !pair.passes(packet, SECOND / 10));
    }
    pair.1.src = [10, 0, 0, 10].into();
    let answers = [1, 2, 3].map(|kind| pair.tag([kind, 1, 0, 0, 0, 0, 0, 0], SECOND / 10));
    assert_eq!(answers, [1, 0, 0]);
    assert_eq!(pair.tag([3, 1, 7, 0, 0, 0, 0, 0], SECOND / 10), 1);
}

#[test]
fn words() {
    let mut pair = Pair::new("words");
    assert_eq!([0, 1].map(|now| pair.tag([0; 8], now)), [0, (1 << 32) + 1]);
    pair.1.src_port += 1;
    assert_eq!(pair.tag([0; 8], 2), 2 << 32);
}

#[test]
fn good_flows() {
    let mut pair = Pair::new("pass_flow");
    let (good, good_but_dropped, bad) = ([1, 0], [1, 1], [0, 1]);
    let full = |[a, b]: [u8; 2]| [a, b, 0, 0, 0, 0, 0, 0];
    assert!(!pair.passes(full(good_but_dropped), 0) && !pair.passes(full(bad), 0));
    assert!(!pair.run(full(good), 0).skipped);
    let skipped = pair.run(full(bad), 10 * SECOND - 1);
    assert!(skipped.skipped && skipped.verdict == Verdict::Pass && skipped.fuel_used == 0);
    pair.1.src_port += 1;
    assert!(!pair.passes(full(bad), 0));
    pair.1.src_port -= 1;
    assert!(!pair.passes(full(bad), 10 * SECOND));
}

#[test]
fn lists() {
    let mut pair = Pair::new("lists");
    let nobody = u64::from(0xffff_u16 - 4);
    let trusted = [192, 168, 1, 1, 0, 0, 0, 0];
    assert_eq!(pair.tag(trusted, 0), 3 << 32 | 4 << 16 | nobody);
    pair.1.src = [10, 9, 0, 1].into();
    assert_eq!(pair.tag([8; 8], 0), 2 << 32 | nobody);
    pair.1.src = [11, 9, 0, 1].into();
    assert_eq!(pair.tag([8; 8], 0), nobody);
}

#[test]
fn none_is_portable_and_facts_name_them() {
    let elf = object("words");
    let limits = VerifyLimits {
        portable_only: true,
        ..VerifyLimits::default()
    };
    let refused = verify(&elf, &limits, &|_| false);
    assert_eq!(refused.verdict, None);
    let said: Vec<(&str, &str, Option<u32>)> = refused
        .diagnostics
        .iter()
        .map(|found| {
            let name = found.message.split(' ').next().unwrap();
            (found.code.as_str(), name, found.line)
        })
        .collect();
    let code = "verify.not_portable";
    assert_eq!(said, WORDS.map(|(name, line)| (code, name, Some(line))));
    let facts = verify(&elf, &VerifyLimits::default(), &|_| false).facts;
    let used = facts.unwrap().helpers;
    for (name, line) in WORDS {
        let found = used.iter().find(|known| known.name == name).unwrap();
        assert_eq!(found.lines, [line]);
    }
}

#[test]
fn facts_name_the_lists() {
    let report = verify(&object("lists"), &VerifyLimits::default(), &|_| false);
    let lists = report.facts.unwrap().lists;
    let found: Vec<(&str, &[u32])> = lists
        .iter()
        .map(|list| (list.name.as_str(), list.lines.as_slice()))
        .collect();
    assert_eq!(found, [("nobody", &[16][..]), ("trusted", &[14, 15])]);
}
