//! How many packets a second one relay decides on, and how it carries many players at once.
//!
//! `cargo run --release -p flowprotect-dataplane --example relay_rate [SECONDS] [PLAYERS]`
//!
//! A flood comes from one thread, in runs that the kernel cuts into packets, so the relay and not the flood is the
//! limit. Then players, each with a flow of its own, send 20 packets a second and count the answers.

use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use flowprotect_dataplane::{Dataplane, PortSpec};
use serde_json::json;

const FIRST_BYTE: &[u8] = include_bytes!("../tests/fixtures/first_byte.o");
const COOKIE: &[u8] = include_bytes!("../../vm/tests/fixtures/cookie_guard.o");
/// The size of the demo game's packets.
const PAYLOAD: usize = 44;
const SEGMENTS: usize = 64;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |otherwise: u64| {
        arguments
            .next()
            .map_or(otherwise, |text| text.parse().expect("a number"))
    };
    let (seconds, players) = (number(3), number(3_000) as usize);
    for (what, program, first) in [
        ("no rule, passed to upstream", None, b'p'),
        ("one look at the payload, dropped", Some("first_byte"), b'd'),
        ("one look at the payload, passed", Some("first_byte"), b'p'),
        ("HMAC cookie missing, dropped", Some("cookie"), b'F'),
    ] {
        flood(what, program, first, Duration::from_secs(seconds));
    }
    play(players, Duration::from_secs(seconds));
}

fn started(upstream: SocketAddr, program: Option<&str>) -> Dataplane {
    let listen = "127.0.0.1:0".parse().expect("an address");
    let dataplane = Dataplane::start(&[PortSpec::relay(listen, upstream)]).expect("it starts");
    for (key, elf) in [("first_byte", FIRST_BYTE), ("cookie", COOKIE)] {
        let report = dataplane.load_program(key, elf).expect("the key is free");
        assert!(report.ok, "{report:?}");
    }
    let rules: Vec<_> = program
        .iter()
        .map(|key| json!({"id": "r", "program": key, "scope": "global", "name": "global", "mode": "enabled"}))
        .collect();
    let config = json!({"accounts": [{
        "id": "a", "prefixes": ["127.0.0.0/8"], "rules": rules,
        "hmac_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    }]});
    let config = serde_json::from_value(config).expect("a configuration");
    dataplane.apply(&config).expect("it is taken");
    dataplane
}

fn flood(what: &str, program: Option<&str>, first: u8, time: Duration) {
    // It reads nothing: what the kernel drops there is not the relay's.
    let upstream = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let dataplane = started(upstream.local_addr().expect("bound"), program);
    let to = dataplane.listening()[0];
    let stop = AtomicBool::new(false);
    let stats = std::thread::scope(|scope| {
        scope.spawn(|| {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
            cut_into(&socket, PAYLOAD);
            let mut run = [0; PAYLOAD * SEGMENTS];
            for packet in run.chunks_mut(PAYLOAD) {
                packet[..6].copy_from_slice(&[first, b'P', b'G', b'1', 1, 1]);
            }
            while !stop.load(Relaxed) {
                let _ = socket.send_to(&run, to);
            }
        });
        std::thread::sleep(Duration::from_millis(300));
        drop(dataplane.stats());
        std::thread::sleep(time);
        let stats = dataplane.stats();
        stop.store(true, Relaxed);
        stats
    });
    let rate = |count: u64| count as f64 * 1e3 / stats.interval_ms as f64;
    println!(
        "{what}: {:.0} packets/s decided ({:.0} passed, {:.0} dropped), {:.0}/s lost in the kernel's queue, {} send errors",
        rate(stats.totals.received),
        rate(stats.totals.passed),
        rate(stats.totals.dropped),
        rate(stats.totals.kernel_drops),
        stats.totals.send_errors,
    );
}

/// Has the kernel cut each send into packets of `size` bytes (UDP_SEGMENT).
fn cut_into(socket: &UdpSocket, size: usize) {
    let size = size as libc::c_int;
    // SAFETY: `size` is a c_int that lives through the call, and the length is its own.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_UDP,
            libc::UDP_SEGMENT,
            (&raw const size).cast(),
            size_of_val(&size) as libc::socklen_t,
        )
    };
    assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
}

fn play(players: usize, time: Duration) {
    let echo = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let wait = Some(Duration::from_millis(100));
    echo.set_read_timeout(wait).expect("a timeout");
    let dataplane = started(echo.local_addr().expect("bound"), Some("first_byte"));
    let to = dataplane.listening()[0];
    let stop = AtomicBool::new(false);
    let (sent, answered) = (AtomicU64::new(0), AtomicU64::new(0));
    let sockets: Vec<UdpSocket> = (0..players)
        .map(|number| {
            let host = [127, 1, (number >> 8) as u8, number as u8];
            let socket = UdpSocket::bind(SocketAddr::from((host, 5_000))).expect("a socket");
            socket.set_nonblocking(true).expect("set");
            socket
        })
        .collect();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut buffer = [0; 2_048];
            while !stop.load(Relaxed) {
                if let Ok((length, from)) = echo.recv_from(&mut buffer) {
                    let _ = echo.send_to(&buffer[..length], from);
                }
            }
        });
        let (start, mut buffer) = (Instant::now(), [0; 2_048]);
        let mut round = start;
        while start.elapsed() < time {
            for (number, socket) in sockets.iter().enumerate() {
                sent.fetch_add(
                    u64::from(socket.send_to(&[b'p'; PAYLOAD], to).is_ok()),
                    Relaxed,
                );
                while socket.recv(&mut buffer).is_ok() {
                    answered.fetch_add(1, Relaxed);
                }
                // Spread over the round, as players are.
                let due = round + Duration::from_millis(50) * number as u32 / players as u32;
                if let Some(early) = due
                    .checked_duration_since(Instant::now())
                    .filter(|d| d.as_millis() > 0)
                {
                    std::thread::sleep(early);
                }
            }
            round += Duration::from_millis(50);
            std::thread::sleep(round.saturating_duration_since(Instant::now()));
        }
        std::thread::sleep(Duration::from_millis(300));
        for socket in &sockets {
            while socket.recv(&mut buffer).is_ok() {
                answered.fetch_add(1, Relaxed);
            }
        }
        stop.store(true, Relaxed);
    });
    let stats = dataplane.stats();
    println!(
        "{players} players: {} flows open, {} packets sent, {} decided, {} answers relayed, {} received, {} flows evicted, \
         {} send errors, {} lost in the kernel's queue",
        stats.ports[0].flows,
        sent.load(Relaxed),
        stats.totals.received,
        stats.totals.replies,
        answered.load(Relaxed),
        stats.totals.evicted,
        stats.totals.send_errors,
        stats.totals.kernel_drops,
    );
}
