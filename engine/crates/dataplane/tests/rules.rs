//! Accounts, scopes, modes, counters and samples.

mod common;

use std::collections::BTreeMap;

use common::{Echo, apply, ask, by_id, client, config, decided, relay, rule, send, sink};
use flowprotect_dataplane::Sample;
use flowprotect_dataplane::samples::SampleVerdict;
use serde_json::json;

#[test]
fn monitoring_counts_and_never_drops_nor_challenges() {
    let echo = Echo::start("127.0.0.1:0");
    let (dataplane, at) = relay("127.0.0.1:0", echo.address);
    apply(
        &dataplane,
        &config(&[rule("r", "first_byte", "monitoring")]),
    );
    let asker = client("127.0.0.1:0");
    for payload in [b"d", b"c", b"p"] {
        // The echo comes back, and nothing else: no challenge.
        assert_eq!(ask(&asker, at, payload).unwrap().0, payload);
    }
    let stats = decided(&dataplane, 3);
    let counts = by_id(&stats, "r").counts;
    assert_eq!((counts.packets, counts.passed, counts.dropped), (3, 3, 0));
    assert_eq!((counts.would_drop, counts.challenged), (2, 0));
    assert_eq!((stats.totals.dropped, stats.totals.challenged), (0, 0));
    assert_eq!(
        serde_json::to_value(&stats).unwrap()["rules"][0]["mode"],
        "monitoring"
    );
    let verdicts: Vec<_> = dataplane.samples().iter().map(|s| s.verdict).collect();
    assert_eq!(verdicts, [SampleVerdict::WouldDrop, SampleVerdict::Pass]);
}

#[test]
fn a_disabled_rule_does_nothing_and_shadows_wider_ones() {
    let sink = sink();
    let (dataplane, at) = relay("127.0.0.1:0", sink.local_addr().unwrap());
    let mut disabled = rule("narrow", "drop_all", "disabled");
    disabled["scope"] = "region".into();
    disabled["name"] = "eu".into();
    apply(
        &dataplane,
        &config(&[rule("wide", "drop_all", "enabled"), disabled]),
    );
    let stats = send(&dataplane, at, "127.0.0.1:0", b"x", 5);
    let counts = by_id(&stats, "narrow").counts;
    assert_eq!((counts.packets, counts.passed, counts.fuel), (5, 5, 0));
    assert!(by_id(&stats, "narrow").tags.is_empty());
    assert_eq!(by_id(&stats, "wide").counts.packets, 0);
}

#[test]
fn the_most_specific_scope_whose_expression_matches_is_chosen() {
    let sink = sink();
    let (dataplane, at) = relay("127.0.0.1:0", sink.local_addr().unwrap());
    let scoped = |id: &str, scope: &str, name: &str, expression: &str| {
        let mut rule = rule(id, "counting", "enabled");
        rule["scope"] = scope.into();
        rule["name"] = name.into();
        rule["expression"] = expression.into();
        rule
    };
    apply(
        &dataplane,
        &config(&[
            scoped("global", "global", "global", "not ip.src eq 127.0.0.4"),
            scoped("region", "region", "eu", "ip.src in {127.0.0.2 127.0.0.3}"),
            scoped("elsewhere", "region", "us", ""),
            scoped("datacenter", "datacenter", "ams1", "ip.src eq 127.0.0.2"),
            scoped("far", "datacenter", "eu", ""),
        ]),
    );
    for (from, id) in [
        ("127.0.0.2:0", Some("datacenter")),
        ("127.0.0.3:0", Some("region")),
        ("127.0.0.5:0", Some("global")),
        ("127.0.0.4:0", None),
    ] {
        let stats = send(&dataplane, at, from, b"x", 2);
        // Rules of other places are not there at all.
        assert_eq!(stats.rules.len(), 3);
        for rule in &stats.rules {
            let chosen = Some(rule.rule_id.as_str()) == id;
            assert_eq!(rule.counts.packets, if chosen { 2 } else { 0 }, "{from}");
        }
        assert_eq!(
            stats.accounts[0].counts.no_rule,
            if id.is_none() { 2 } else { 0 }
        );
    }
}

#[test]
fn sources_on_the_allowlist_always_pass() {
    let sink = sink();
    let (dataplane, at) = relay("127.0.0.1:0", sink.local_addr().unwrap());
    let mut config = config(&[rule("r", "drop_all", "enabled")]);
    config["accounts"][0]["allowlist"] = json!(["127.0.1.0/24"]);
    apply(&dataplane, &config);
    let stats = send(&dataplane, at, "127.0.1.7:0", b"x", 3);
    let counts = by_id(&stats, "r").counts;
    assert_eq!((counts.passed, counts.allowlisted, counts.fuel), (3, 3, 0));
    assert_eq!(stats.accounts[0].counts.allowlisted, 3);
    let stats = send(&dataplane, at, "127.0.2.7:0", b"x", 3);
    assert_eq!(by_id(&stats, "r").counts.dropped, 3);
    assert_eq!(stats.accounts[0].counts.allowlisted, 0);
}

#[test]
fn accounts_own_prefixes_and_the_longest_wins() {
    let sink = sink();
    let (dataplane, at) = relay("0.0.0.0:0", sink.local_addr().unwrap());
    let mut config = config(&[rule("of-a", "drop_all", "enabled")]);
    config["accounts"][0]["prefixes"] = json!(["127.0.1.0/24"]);
    let mut other = config["accounts"][0].clone();
    other["id"] = "b".into();
    other["prefixes"] = json!(["127.0.1.9/32"]);
    other["rules"] = json!([rule("of-b", "counting", "enabled")]);
    config["accounts"].as_array_mut().unwrap().push(other);
    apply(&dataplane, &config);
    for (to, of_a, of_b, unprotected) in [
        ([127, 0, 1, 1], 1, 0, 0),
        ([127, 0, 1, 9], 0, 1, 0),
        ([127, 0, 2, 1], 0, 0, 1),
    ] {
        let to = (to, at.port()).into();
        let stats = send(&dataplane, to, "127.0.0.1:0", b"x", 1);
        assert_eq!(by_id(&stats, "of-a").counts.packets, of_a);
        assert_eq!(by_id(&stats, "of-b").counts.packets, of_b);
        assert_eq!(stats.totals.unprotected, unprotected);
        assert_eq!(stats.accounts[0].counts.received, of_a);
    }
}

#[test]
fn a_run_without_verdict_passes_unless_the_account_says_otherwise() {
    let sink = sink();
    let (dataplane, at) = relay("127.0.0.1:0", sink.local_addr().unwrap());
    let mut config = config(&[rule("r", "counting", "enabled")]);
    config["accounts"][0]["settings"] = json!({"fuel": 3, "a later version's": true});
    apply(&dataplane, &config);
    let stats = send(&dataplane, at, "127.0.0.1:0", b"x", 2);
    let counts = by_id(&stats, "r").counts;
    assert_eq!((counts.errors, counts.passed, counts.fuel), (2, 2, 6));
    config["accounts"][0]["settings"]["on_error"] = "drop".into();
    apply(&dataplane, &config);
    let stats = send(&dataplane, at, "127.0.0.1:0", b"x", 2);
    let counts = by_id(&stats, "r").counts;
    assert_eq!((counts.errors, counts.dropped), (2, 2));
}

#[test]
fn counters_are_exact() {
    let sink = sink();
    let (dataplane, at) = relay("127.0.0.1:0", sink.local_addr().unwrap());
    apply(&dataplane, &config(&[rule("r", "first_byte", "enabled")]));
    drop(dataplane.stats());
    let clients = [client("127.0.0.2:0"), client("127.0.0.3:0")];
    for (payload, count) in [(b"p", 7), (b"d", 11), (b"c", 3)] {
        for client in &clients {
            for _ in 0..count {
                client.send_to(payload, at).unwrap();
            }
        }
    }
    let stats = decided(&dataplane, 42);
    let tags: BTreeMap<String, u64> = [("112", 14), ("100", 22), ("99", 6)]
        .map(|(tag, count)| (tag.to_owned(), count))
        .into();
    let rule = by_id(&stats, "r");
    assert_eq!(rule.tags, tags);
    assert_eq!(
        (rule.counts.packets, rule.counts.passed, rule.counts.dropped),
        (42, 14, 28)
    );
    // Each source is challenged once a second.
    assert!((2..=4).contains(&rule.counts.challenged));
    let account = stats.accounts[0].counts;
    assert_eq!(
        (account.received, account.passed, account.dropped),
        (42, 14, 28)
    );
    assert_eq!(account.challenged, rule.counts.challenged);
    assert_eq!(
        (
            stats.totals.received,
            stats.totals.passed,
            stats.totals.dropped
        ),
        (42, 14, 28)
    );
    let sources: Vec<_> = stats
        .sources
        .iter()
        .map(|s| (s.address.to_string(), s.packets, s.dropped))
        .collect();
    assert_eq!(sources.len(), 2);
    assert!(sources.contains(&("127.0.0.2".to_owned(), 21, 14)));
    let after = dataplane.stats();
    assert_eq!(after.totals.received, 0);
    assert_eq!(by_id(&after, "r").counts.packets, 0);
}

#[test]
fn samples_show_the_packet() {
    let sink = sink();
    let (dataplane, at) = relay("127.0.0.1:0", sink.local_addr().unwrap());
    apply(&dataplane, &config(&[rule("r", "first_byte", "enabled")]));
    send(&dataplane, at, "127.0.0.2:0", &[b'd'; 600], 1);
    let samples = dataplane.samples();
    let [
        Sample {
            account_id,
            rule_id,
            source,
            length,
            verdict,
            tag,
            packet,
            ..
        },
    ] = &samples[..]
    else {
        panic!("{samples:?}");
    };
    assert_eq!(
        (account_id.as_str(), rule_id.as_str(), source.as_str()),
        ("a", "r", "127.0.0.2")
    );
    assert_eq!((*length, *verdict, *tag), (628, SampleVerdict::Drop, 100));
    assert_eq!(packet.len(), 256_usize.div_ceil(3) * 4);
    assert!(dataplane.samples().is_empty());
}
