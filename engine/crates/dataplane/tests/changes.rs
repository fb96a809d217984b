//! Changes of configuration: under traffic, refused ones, and what becomes of state and programs.

mod common;

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};

use common::{
    COUNTING, DROP_ALL, Echo, apply, by_id, client, config, decided, parse, relay, rule, send, sink,
};
use flowprotect_dataplane::Dataplane;
use flowprotect_dataplane::counters::Stats;
use serde_json::{Value, json};

#[test]
fn changes_under_traffic_lose_nothing_and_keep_state() {
    const ROUNDS: u64 = 150;
    const WINDOW: u64 = 20;
    let echo = Echo::start("127.0.0.1:0");
    let (dataplane, at) = relay("127.0.0.1:0", echo.address);
    let modes = ["enabled", "monitoring"].map(|mode| config(&[rule("r", "counting", mode)]));
    apply(&dataplane, &modes[0]);
    let (mut changes, mut packets, mut tags) = (0, 0, BTreeMap::new());
    let mut totals = Vec::new();
    let mut collect = |stats: Stats| {
        packets += by_id(&stats, "r").counts.packets;
        totals.push((stats.totals, stats.ports[0].restarts));
        for (tag, count) in &by_id(&stats, "r").tags {
            *tags.entry(tag.clone()).or_insert(0) += count;
        }
    };
    let answered = std::thread::scope(|scope| {
        let traffic = scope.spawn(|| {
            let client = client("127.0.0.1:0");
            let (mut buffer, mut answered) = ([0; 16], 0);
            for _ in 0..ROUNDS {
                for _ in 0..WINDOW {
                    client.send_to(b"x", at).unwrap();
                }
                for _ in 0..WINDOW {
                    if client.recv_from(&mut buffer).is_err() {
                        return answered;
                    }
                    answered += 1;
                }
            }
            answered
        });
        while !traffic.is_finished() {
            changes += 1;
            apply(&dataplane, &modes[changes % 2]);
            collect(dataplane.stats());
        }
        traffic.join().unwrap()
    });
    collect(dataplane.stats());
    let sums = totals.iter().fold([0; 6], |sum, (t, restarts)| {
        let [received, passed, errors, replies, lost, _] = sum;
        [
            received + t.received,
            passed + t.passed,
            errors + t.send_errors,
            replies + t.replies,
            lost + t.kernel_drops,
            *restarts,
        ]
    });
    let seen = echo.seen().len();
    assert_eq!(answered, ROUNDS * WINDOW, "{sums:?}, upstream saw {seen}");
    assert!(changes > 20, "{changes}");
    assert_eq!(packets, ROUNDS * WINDOW);
    // One flow, one count: every packet was counted once, so no change forgot the state. (Many tags are `other`.)
    assert_eq!(tags.values().sum::<u64>(), ROUNDS * WINDOW);
    assert!(
        tags.iter()
            .all(|(tag, count)| tag == "other" || *count == 1),
        "{tags:?}"
    );
}

/// The tags of one packet from a client that stays the same.
fn tag_of(dataplane: &Dataplane, client: &UdpSocket, at: SocketAddr) -> String {
    drop(dataplane.stats());
    client.send_to(b"x", at).unwrap();
    let stats = decided(dataplane, 1);
    by_id(&stats, "r").tags.keys().next().unwrap().clone()
}

#[test]
fn state_is_cleared_when_what_runs_changes() {
    let sink = sink();
    let (dataplane, at) = relay("127.0.0.1:0", sink.local_addr().unwrap());
    assert!(dataplane.load_program("other key", COUNTING).unwrap().ok);
    let player = client("127.0.0.1:0");
    let enabled = config(&[rule("r", "counting", "enabled")]);
    apply(&dataplane, &enabled);
    assert_eq!(tag_of(&dataplane, &player, at), "1");
    apply(&dataplane, &config(&[rule("r", "counting", "disabled")]));
    send(&dataplane, at, "127.0.0.1:0", b"x", 1);
    apply(&dataplane, &enabled);
    assert_eq!(tag_of(&dataplane, &player, at), "2");
    apply(&dataplane, &config(&[rule("r", "other key", "enabled")]));
    assert_eq!(tag_of(&dataplane, &player, at), "1");
    let mut new_key = config(&[rule("r", "other key", "enabled")]);
    new_key["accounts"][0]["hmac_key"] = "//////////////////////////////////////////8=".into();
    apply(&dataplane, &new_key);
    assert_eq!(tag_of(&dataplane, &player, at), "1");
    // A rule that was away is a new one.
    apply(&dataplane, &config(&[]));
    apply(&dataplane, &new_key);
    assert_eq!(tag_of(&dataplane, &player, at), "1");
}

#[test]
fn a_wrong_configuration_is_refused_and_the_old_one_stays() {
    let sink = sink();
    let (dataplane, at) = relay("127.0.0.1:0", sink.local_addr().unwrap());
    let good = config(&[rule("r", "drop_all", "enabled")]);
    apply(&dataplane, &good);
    let changed = |pointer: &str, value: Value| {
        let mut config = good.clone();
        *config.pointer_mut(pointer).unwrap() = value;
        config
    };
    let r = rule("r", "drop_all", "enabled");
    let account = good["accounts"][0].clone();
    for (config, code) in [
        (
            changed("/accounts/0/rules/0/program", "missing".into()),
            "config.unknown_program",
        ),
        (
            changed("/accounts/0/prefixes", json!(["127.0.0.1/33"])),
            "config.cidr",
        ),
        (
            changed("/accounts/0/prefixes", json!(["::1", "::1/128"])),
            "config.duplicate_prefix",
        ),
        (
            changed("/accounts/0/allowlist", json!(["nonsense"])),
            "config.cidr",
        ),
        (
            changed("/accounts/0/hmac_key", "c2hvcnQ=".into()),
            "config.hmac_key",
        ),
        (
            changed("/accounts/0/hmac_key", "?".into()),
            "config.hmac_key",
        ),
        (
            changed("/accounts/0/settings", json!({"fuel": 0})),
            "config.settings",
        ),
        (
            changed("/accounts/0/settings", json!({"flow_entries": 1_000_001})),
            "config.settings",
        ),
        (
            changed("/accounts/0/rules", json!([r, r])),
            "config.duplicate_rule",
        ),
        (
            changed("/accounts", json!([account, account])),
            "config.duplicate_account",
        ),
        (
            changed("/accounts/0/rules/0/expression", "ip.src eq".into()),
            "expression.syntax",
        ),
    ] {
        let error = dataplane.apply(&parse(&config)).unwrap_err();
        assert_eq!(error.code, code, "{error}");
        assert_eq!(error.position, (code == "expression.syntax").then_some(9));
    }
    let stats = send(&dataplane, at, "127.0.0.1:0", b"x", 2);
    assert_eq!(
        (stats.generation, by_id(&stats, "r").counts.dropped),
        (1, 2)
    );
}

#[test]
fn programs_are_checked_kept_and_forgotten() {
    let sink = sink();
    let (dataplane, at) = relay("127.0.0.1:0", sink.local_addr().unwrap());
    let report = dataplane.load_program("bad", b"not an object").unwrap();
    assert!(!report.ok && !report.diagnostics.is_empty());
    let endless = include_bytes!("../../vm/tests/fixtures/endless.o");
    assert!(!dataplane.load_program("bad", endless).unwrap().ok);
    assert!(dataplane.load_program("drop_all", DROP_ALL).unwrap().ok);
    let error = dataplane.load_program("drop_all", COUNTING).unwrap_err();
    assert_eq!(error.code, "program.key_taken");
    let config = config(&[rule("r", "drop_all", "enabled")]);
    apply(&dataplane, &config);
    dataplane.retain_programs(&["counting"]);
    let stats = send(&dataplane, at, "127.0.0.1:0", b"x", 1);
    assert_eq!(by_id(&stats, "r").counts.dropped, 1, "what runs goes on");
    let error = dataplane.apply(&parse(&config)).unwrap_err();
    assert_eq!(error.code, "config.unknown_program");
}
