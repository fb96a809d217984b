//! An echo server, clients and configurations for the tests.

#![allow(dead_code)]

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flowprotect_dataplane::counters::{RuleStats, Stats};
use flowprotect_dataplane::{Config, Dataplane, PortSpec};
use serde_json::{Value, json};

pub const COUNTING: &[u8] = include_bytes!("../fixtures/counting.o");
pub const DROP_ALL: &[u8] = include_bytes!("../fixtures/drop_all.o");
pub const FIRST_BYTE: &[u8] = include_bytes!("../fixtures/first_byte.o");

/// Who sent what.
type Seen = Vec<(SocketAddr, Vec<u8>)>;

/// A server that answers every datagram with the same bytes and remembers who sent what.
pub struct Echo {
    pub address: SocketAddr,
    socket: UdpSocket,
    seen: Arc<Mutex<Seen>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Echo {
    pub fn start(at: &str) -> Self {
        let socket = UdpSocket::bind(at).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(20)))
            .unwrap();
        let address = socket.local_addr().unwrap();
        let (seen, stop) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (log, end) = (Arc::clone(&seen), Arc::clone(&stop));
        let ours = socket.try_clone().unwrap();
        let thread = std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while !end.load(Ordering::Relaxed) {
                if let Ok((length, from)) = socket.recv_from(&mut buffer) {
                    let log: &Mutex<Seen> = &log;
                    log.lock().unwrap().push((from, buffer[..length].to_vec()));
                    let _ = socket.send_to(&buffer[..length], from);
                }
            }
        });
        Self {
            address,
            socket: ours,
            seen,
            stop,
            thread: Some(thread),
        }
    }

    /// Sends a datagram nobody asked for.
    pub fn say(&self, to: SocketAddr) {
        self.socket.send_to(b"hello", to).unwrap();
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().map(JoinHandle::join);
    }
}

/// A client on `at` that waits three seconds for answers.
pub fn client(at: &str) -> UdpSocket {
    let socket = UdpSocket::bind(at).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(3)))
        .unwrap();
    socket
}

/// Sends `payload` and gives the answer with its sender.
pub fn ask(client: &UdpSocket, to: SocketAddr, payload: &[u8]) -> Option<(Vec<u8>, SocketAddr)> {
    client.send_to(payload, to).unwrap();
    let mut buffer = vec![0; 65_536];
    let (length, from) = client.recv_from(&mut buffer).ok()?;
    Some((buffer[..length].to_vec(), from))
}

/// A relay from an address of the system's choice on `listen` to `upstream`.
pub fn relay(listen: &str, upstream: SocketAddr) -> (Dataplane, SocketAddr) {
    start(PortSpec::relay(listen.parse().unwrap(), upstream))
}

pub fn start(spec: PortSpec) -> (Dataplane, SocketAddr) {
    let dataplane = Dataplane::start(&[spec]).unwrap();
    for (key, elf) in [
        ("counting", COUNTING),
        ("drop_all", DROP_ALL),
        ("first_byte", FIRST_BYTE),
    ] {
        let report = dataplane.load_program(key, elf).unwrap();
        assert!(report.ok, "{key}: {report:?}");
    }
    let listening = dataplane.listening()[0];
    (dataplane, listening)
}

pub fn rule(id: &str, program: &str, mode: &str) -> Value {
    json!({"id": id, "program": program, "scope": "global", "name": "global", "mode": mode, "expression": ""})
}

/// One account `a` that owns all of loopback.
pub fn config(rules: &[Value]) -> Value {
    json!({
        "generation": 1, "region": "eu", "datacenter": "ams1",
        "accounts": [{
            "id": "a", "prefixes": ["127.0.0.0/8", "::1/128"], "allowlist": [],
            "hmac_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "settings": {}, "rules": rules,
        }],
    })
}

pub fn parse(config: &Value) -> Config {
    serde_json::from_value(config.clone()).unwrap()
}

pub fn apply(dataplane: &Dataplane, config: &Value) {
    dataplane.apply(&parse(config)).unwrap();
}

/// Waits up to five seconds for `done`.
pub fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(5);
    while !done() {
        assert!(Instant::now() < end, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends `payload` `count` times and waits until the node has decided on all of them; gives the counts of that time.
pub fn send(
    dataplane: &Dataplane,
    at: SocketAddr,
    from: &str,
    payload: &[u8],
    count: u64,
) -> Stats {
    drop(dataplane.stats());
    let client = client(from);
    for _ in 0..count {
        client.send_to(payload, at).unwrap();
    }
    decided(dataplane, count)
}

pub fn decided(dataplane: &Dataplane, count: u64) -> Stats {
    let mut stats = dataplane.stats();
    wait("the decisions", || {
        if stats.totals.received < count {
            add(&mut stats, &dataplane.stats());
        }
        stats.totals.received == count
    });
    stats
}

fn add(have: &mut Stats, new: &Stats) {
    have.totals.received += new.totals.received;
    have.totals.passed += new.totals.passed;
    have.totals.dropped += new.totals.dropped;
    have.totals.challenged += new.totals.challenged;
    have.totals.unprotected += new.totals.unprotected;
    for (a, b) in have.accounts.iter_mut().zip(&new.accounts) {
        a.counts.received += b.counts.received;
        a.counts.passed += b.counts.passed;
        a.counts.dropped += b.counts.dropped;
        a.counts.challenged += b.counts.challenged;
        a.counts.allowlisted += b.counts.allowlisted;
        a.counts.no_rule += b.counts.no_rule;
    }
    for (a, b) in have.rules.iter_mut().zip(&new.rules) {
        a.counts.packets += b.counts.packets;
        a.counts.passed += b.counts.passed;
        a.counts.dropped += b.counts.dropped;
        a.counts.would_drop += b.counts.would_drop;
        a.counts.challenged += b.counts.challenged;
        a.counts.allowlisted += b.counts.allowlisted;
        a.counts.errors += b.counts.errors;
        a.counts.fuel += b.counts.fuel;
        for (tag, count) in &b.tags {
            *a.tags.entry(tag.clone()).or_default() += count;
        }
    }
    for source in &new.sources {
        match have
            .sources
            .iter_mut()
            .find(|s| s.address == source.address)
        {
            Some(known) => {
                known.packets += source.packets;
                known.dropped += source.dropped;
            }
            None => have.sources.push(source.clone()),
        }
    }
}

pub fn by_id<'s>(stats: &'s Stats, id: &str) -> &'s RuleStats {
    stats.rules.iter().find(|rule| rule.rule_id == id).unwrap()
}

/// An upstream that never answers.
pub fn sink() -> UdpSocket {
    client("127.0.0.1:0")
}
