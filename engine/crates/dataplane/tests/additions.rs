//! FlowProtect's own helpers in a node: lists, rotation of keys, and flows that skip the program.

mod common;

use std::net::{SocketAddr, UdpSocket};

use common::{Echo, apply, by_id, client, config, parse, relay, rule, wait};
use flowprotect_dataplane::Dataplane;
use serde_json::Value;

const COOKIE: &[u8] = include_bytes!("../../vm/tests/additions/cookie.o");
const LISTS: &[u8] = include_bytes!("../../vm/tests/additions/lists.o");
const PASS_FLOW: &[u8] = include_bytes!("../../vm/tests/additions/pass_flow.o");
const WORDS: &[u8] = include_bytes!("../../vm/tests/additions/words.o");
const OLD: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const NEW: &str = "//////////////////////////////////////////8=";

fn start(program: &[u8]) -> (Dataplane, UdpSocket, SocketAddr, Value, Echo) {
    let echo = Echo::start("127.0.0.1:0");
    let (dataplane, at) = relay("127.0.0.1:0", echo.address);
    assert!(dataplane.load_program("own", program).unwrap().ok);
    let config = config(&[rule("r", "own", "enabled")]);
    (dataplane, client("127.0.0.1:0"), at, config, echo)
}

/// Sends `payload` and gives the run's one tag and whether it passed.
fn decide(dataplane: &Dataplane, from: &UdpSocket, to: SocketAddr, payload: &[u8]) -> (u64, bool) {
    from.send_to(payload, to).unwrap();
    let mut found = None;
    wait("the packet", || {
        let stats = dataplane.stats();
        let rule = by_id(&stats, "r");
        let tag = rule.tags.keys().next().map(|tag| tag.parse().unwrap());
        found = tag.map(|tag| (tag, rule.counts.passed == 1));
        found.is_some()
    });
    found.unwrap()
}

#[test]
fn flows_that_were_declared_good_skip_the_program() {
    let (dataplane, from, at, config, _echo) = start(PASS_FLOW);
    apply(&dataplane, &config);
    for payload in [[1, 0, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0]] {
        common::ask(&from, at, &payload).unwrap();
    }
    let stats = dataplane.stats();
    let counts = by_id(&stats, "r").counts;
    assert_eq!((counts.packets, counts.passed, counts.skipped), (2, 2, 1));
}

#[test]
fn lists_follow_the_configuration_and_state_stays() {
    let (dataplane, from, at, mut config, _echo) = start(LISTS);
    let nobody = 0xffff - 4;
    let payload = [10, 0, 0, 1, 0, 0, 0, 0];
    config["accounts"][0]["lists"] = serde_json::json!({"trusted": ["127.0.0.0/8=4"]});
    apply(&dataplane, &config);
    let found = decide(&dataplane, &from, at, &payload);
    assert_eq!(found, (5 << 32 | nobody, true));
    config["accounts"][0]["lists"]["trusted"] = serde_json::json!(["10.0.0.0/8"]);
    apply(&dataplane, &config);
    let found = decide(&dataplane, &from, at, &payload);
    assert_eq!(found, (1 << 16 | nobody, true));
    config["accounts"][0]["lists"]["trusted"] = serde_json::json!(["10.0.0.0/8=x"]);
    assert_eq!(
        dataplane.apply(&parse(&config)).unwrap_err().code,
        "config.list"
    );
}

#[test]
fn cookies_and_state_outlive_a_rotation() {
    let (dataplane, from, at, config, _echo) = start(COOKIE);
    let mut rotated = config.clone();
    rotated["accounts"][0]["hmac_key"] = NEW.into();
    rotated["accounts"][0]["previous_hmac_key"] = OLD.into();
    let mut over = config.clone();
    over["accounts"][0]["hmac_key"] = NEW.into();
    apply(&dataplane, &config);
    let (cookie, passed) = decide(&dataplane, &from, at, &[0; 8]);
    assert!(!passed);
    apply(&dataplane, &rotated);
    let cookie = cookie.to_le_bytes();
    assert!(decide(&dataplane, &from, at, &cookie).1);
    apply(&dataplane, &over);
    assert!(!decide(&dataplane, &from, at, &cookie).1);
    rotated["accounts"][0]["previous_hmac_key"] = "c2hvcnQ=".into();
    let refused = dataplane.apply(&parse(&rotated)).unwrap_err();
    assert_eq!(refused.code, "config.hmac_key");
}

#[test]
fn only_a_rotation_keeps_state() {
    let (dataplane, from, at, config, _echo) = start(WORDS);
    let mut changed = config.clone();
    changed["accounts"][0]["hmac_key"] = NEW.into();
    let mut rotated = config.clone();
    rotated["accounts"][0]["previous_hmac_key"] = NEW.into();
    let both = |count: u64| ((count << 32) + count, true);
    for (config, count) in [(&config, 0), (&changed, 0), (&rotated, 1), (&config, 2)] {
        apply(&dataplane, config);
        assert_eq!(decide(&dataplane, &from, at, &[0; 8]), both(count));
    }
}
