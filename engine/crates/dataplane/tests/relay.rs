//! The relay on real loopback sockets.

mod common;

use std::time::{Duration, Instant};

use common::{Echo, apply, ask, client, config, relay, rule, start, wait};
use flowprotect_dataplane::{Dataplane, PortSpec};

#[test]
fn it_works() {
    let echo = Echo::start("127.0.0.1:0");
    let (dataplane, at) = relay("127.0.0.1:0", echo.address);
    let clients = [client("127.0.0.1:0"), client("127.0.0.9:0")];
    for (number, client) in clients.iter().enumerate() {
        for round in 0..3 {
            let text = format!("{number} {round}");
            let (answer, from) = ask(client, at, text.as_bytes()).unwrap();
            assert_eq!((answer, from), (text.into_bytes(), at));
        }
    }
    let seen = echo.seen();
    assert_eq!(seen.len(), 6);
    // One upstream socket a client, kept from packet to packet.
    assert_eq!((seen[0].0, seen[3].0), (seen[2].0, seen[5].0));
    assert_ne!(seen[0].0, seen[3].0);
    let stats = dataplane.stats();
    assert_eq!((stats.totals.received, stats.totals.passed), (6, 6));
    assert_eq!((stats.totals.unprotected, stats.totals.replies), (6, 6));
    wait("two flows", || dataplane.stats().ports[0].flows == 2);
    assert!(stats.ports[0].receive_buffer > 100_000);
}

#[test]
fn answers_come_from_the_address_that_was_asked() {
    let echo = Echo::start("127.0.0.1:0");
    let (_dataplane, at) = relay("0.0.0.0:0", echo.address);
    let client = client("127.0.0.1:0");
    for host in [[127, 0, 0, 2], [127, 0, 0, 3]] {
        let to = (host, at.port()).into();
        assert_eq!(ask(&client, to, b"x").unwrap(), (b"x".to_vec(), to));
    }
    let seen = echo.seen();
    assert_ne!(seen[0].0, seen[1].0, "two addresses are two flows");
}

#[test]
fn ipv6_works_too() {
    let echo = Echo::start("[::1]:0");
    let (dataplane, at) = relay("[::]:0", echo.address);
    apply(&dataplane, &config(&[rule("r", "first_byte", "enabled")]));
    let client = client("[::1]:0");
    let to = (std::net::Ipv6Addr::LOCALHOST, at.port()).into();
    assert_eq!(ask(&client, to, b"x").unwrap(), (b"x".to_vec(), to));
    assert_eq!(ask(&client, to, b"c").unwrap(), (b"are who?".to_vec(), to));
}

#[test]
fn no_socket_is_opened_before_a_packet_has_passed() {
    let echo = Echo::start("127.0.0.1:0");
    let (dataplane, at) = relay("127.0.0.1:0", echo.address);
    apply(&dataplane, &config(&[rule("r", "first_byte", "enabled")]));
    let client = client("127.0.0.1:0");
    for _ in 0..5 {
        client.send_to(b"dropped", at).unwrap();
    }
    let mut dropped = 0;
    wait("five drops", || {
        let stats = dataplane.stats();
        assert_eq!(stats.ports[0].flows, 0);
        dropped += stats.totals.dropped;
        dropped == 5
    });
    assert!(echo.seen().is_empty());
    assert_eq!(ask(&client, at, b"pass").unwrap().0, b"pass");
    wait("one flow", || dataplane.stats().ports[0].flows == 1);
}

#[test]
fn a_challenge_goes_back_from_the_address_that_was_asked() {
    let echo = Echo::start("127.0.0.1:0");
    let (dataplane, at) = relay("0.0.0.0:0", echo.address);
    apply(&dataplane, &config(&[rule("r", "first_byte", "enabled")]));
    let client = client("127.0.0.1:0");
    let to = ([127, 0, 0, 7], at.port()).into();
    assert_eq!(ask(&client, to, b"c").unwrap(), (b"are who?".to_vec(), to));
    assert!(echo.seen().is_empty());
    let stats = dataplane.stats();
    assert_eq!((stats.totals.challenged, stats.totals.dropped), (1, 1));
}

#[test]
fn a_player_that_sends_its_cookie_back_gets_through() {
    let echo = Echo::start("127.0.0.1:0");
    let (dataplane, at) = relay("127.0.0.1:0", echo.address);
    let guard = include_bytes!("../../vm/tests/fixtures/cookie_guard.o");
    assert!(dataplane.load_program("guard", guard).unwrap().ok);
    apply(&dataplane, &config(&[rule("r", "guard", "enabled")]));
    let player = client("127.0.0.1:0");
    let mut position = [0; 44];
    position[..6].copy_from_slice(b"FPG1\x01\x01");
    position[8..16].copy_from_slice(b"\0\0\0\x07\0\0\0\x01");
    let (challenge, from) = ask(&player, at, &position).unwrap();
    assert_eq!((challenge.len(), from), (24, at));
    assert_eq!(challenge[..6], *b"FPG1\x03\x01");
    assert_eq!(challenge[8..16], position[8..16]);
    position[16..24].copy_from_slice(&challenge[16..24]);
    assert_eq!(ask(&player, at, &position).unwrap().0, position);
    // The same cookie from elsewhere is worth nothing: what comes back is a challenge.
    let thief = client("127.0.0.5:0");
    assert_eq!(ask(&thief, at, &position).unwrap().0[4], 3);
    assert_eq!(echo.seen().len(), 1);
}

#[test]
fn packets_too_large_for_a_program_pass() {
    let echo = Echo::start("127.0.0.1:0");
    let (dataplane, at) = relay("127.0.0.1:0", echo.address);
    apply(&dataplane, &config(&[rule("r", "drop_all", "enabled")]));
    let client = client("127.0.0.1:0");
    for length in [1_473, 60_000] {
        assert_eq!(ask(&client, at, &vec![7; length]).unwrap().0.len(), length);
    }
    client.send_to(&[7; 1_472], at).unwrap();
    let (mut large, mut dropped) = (0, 0);
    wait("a drop", || {
        let stats = dataplane.stats();
        large += stats.totals.too_large;
        dropped += stats.totals.dropped;
        dropped == 1
    });
    assert_eq!(large, 2);
}

#[test]
fn a_full_table_gives_up_the_flow_not_used_for_longest() {
    let echo = Echo::start("127.0.0.1:0");
    let spec = PortSpec {
        max_flows: 4,
        ..PortSpec::relay("127.0.0.1:0".parse().unwrap(), echo.address)
    };
    let (dataplane, at) = start(spec);
    let player = client("127.0.0.1:0");
    ask(&player, at, b"0").unwrap();
    let others: Vec<_> = (0..12).map(|_| client("127.0.0.1:0")).collect();
    for other in &others {
        ask(other, at, b"1").unwrap();
        ask(&player, at, b"0").unwrap();
    }
    let ports: std::collections::HashSet<_> = echo
        .seen()
        .into_iter()
        .filter(|(_, text)| text == b"0")
        .map(|(from, _)| from)
        .collect();
    assert_eq!(ports.len(), 1, "the player keeps its flow");
    let stats = dataplane.stats();
    assert_eq!((stats.ports[0].max_flows, stats.totals.evicted), (4, 9));
    wait("four flows", || dataplane.stats().ports[0].flows == 4);
    // Many new flows at once: more than the table holds in one batch.
    for other in &others {
        other.send_to(b"2", at).unwrap();
    }
    wait("all of them", || {
        echo.seen().iter().filter(|(_, text)| text == b"2").count() == 12
    });
}

#[test]
fn idle_flows_are_closed() {
    let echo = Echo::start("127.0.0.1:0");
    let spec = PortSpec {
        idle: Duration::from_millis(300),
        ..PortSpec::relay("127.0.0.1:0".parse().unwrap(), echo.address)
    };
    let (dataplane, at) = start(spec);
    let client = client("127.0.0.1:0");
    ask(&client, at, b"x").unwrap();
    wait("one flow", || dataplane.stats().ports[0].flows == 1);
    wait("no flow", || dataplane.stats().ports[0].flows == 0);
    assert!(ask(&client, at, b"x").is_some(), "a new flow is opened");
}

#[test]
fn flows_open_where_others_hold_the_ports() {
    let echo = Echo::start("127.0.0.1:0");
    let taken = client("127.0.0.1:0");
    let port = taken.local_addr().unwrap().port();
    let spec = PortSpec {
        upstream_ports: port..=port,
        ..PortSpec::relay("127.0.0.1:0".parse().unwrap(), echo.address)
    };
    let (dataplane, at) = start(spec);
    let clients = [client("127.0.0.1:0"), client("127.0.0.1:0")];
    for client in &clients {
        assert!(ask(client, at, b"x").is_some());
    }
    drop(taken);
    assert!(ask(&clients[0], at, b"x").is_some());
    let ports: Vec<u16> = echo.seen().iter().map(|(from, _)| from.port()).collect();
    assert_ne!(ports[0], ports[1]);
    assert_eq!(ports[2], port, "the range is used once it is free");
    assert_eq!(dataplane.stats().totals.send_errors, 0);
}

#[test]
fn a_dead_upstream_harms_nothing() {
    let echo = Echo::start("127.0.0.1:0");
    let address = echo.address;
    drop(echo);
    let (dataplane, at) = relay("127.0.0.1:0", address);
    let client = client("127.0.0.1:0");
    for _ in 0..20 {
        client.send_to(b"x", at).unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
    let _echo = Echo::start(&address.to_string());
    assert!(ask(&client, at, b"back").is_some());
    assert_eq!(dataplane.stats().ports[0].restarts, 0);
}

#[test]
fn packets_that_would_go_round_for_ever_are_thrown_away() {
    let echo = Echo::start("127.0.0.1:0");
    let (dataplane, at) = relay("0.0.0.0:0", echo.address);
    // The server itself speaks to the port, as a forged packet makes it seem.
    echo.say(([127, 0, 0, 1], at.port()).into());
    wait("the loop", || dataplane.stats().totals.loops == 1);
    assert!(echo.seen().is_empty());
    assert_eq!(dataplane.stats().totals.received, 0);
}

#[test]
fn control_does_not_wait_behind_a_flood() {
    let upstream = common::sink();
    let (dataplane, at) = relay("127.0.0.1:0", upstream.local_addr().unwrap());
    let configs = ["drop_all", "counting"].map(|program| config(&[rule("r", program, "enabled")]));
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let client = client("127.0.0.1:0");
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let _ = client.send_to(&[0; 44], at);
            }
        });
        let (mut received, mut slowest) = (0, Duration::ZERO);
        for round in 0..40 {
            std::thread::sleep(Duration::from_millis(5));
            let start = Instant::now();
            apply(&dataplane, &configs[round % 2]);
            received += dataplane.stats().totals.received;
            drop(dataplane.samples());
            slowest = slowest.max(start.elapsed());
        }
        let start = Instant::now();
        dataplane.stop();
        let stopping = start.elapsed();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(received > 1_000, "{received}");
        assert!(slowest < Duration::from_millis(500), "{slowest:?}");
        assert!(stopping < Duration::from_secs(1), "{stopping:?}");
    });
}

#[test]
fn stopping_is_quick_and_frees_the_address() {
    let echo = Echo::start("127.0.0.1:0");
    let (dataplane, at) = relay("127.0.0.1:0", echo.address);
    ask(&client("127.0.0.1:0"), at, b"x").unwrap();
    let error = Dataplane::start(&[PortSpec::relay(at, echo.address)]).err();
    assert_eq!(error.unwrap().code, "port.listen");
    let start = Instant::now();
    dataplane.stop();
    assert!(start.elapsed() < Duration::from_secs(1));
    let (_again, _) = common::start(PortSpec::relay(at, echo.address));
}
