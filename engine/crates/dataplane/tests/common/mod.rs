//! An echo server, clients and configurations for the tests.

#![allow(dead_code)]

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

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
            seen,
            stop,
            thread: Some(thread),
        }
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

/// A client on `at` that waits a second for answers.
pub fn client(at: &str) -> UdpSocket {
    let socket = UdpSocket::bind(at).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(1)))
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

/// Waits up to two seconds for `done`.
pub fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(2);
    while !done() {
        assert!(Instant::now() < end, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}
