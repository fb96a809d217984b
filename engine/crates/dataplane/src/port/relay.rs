//! The unprivileged UDP relay: one thread that takes packets from clients, asks the engine, and passes them on.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use flowprotect_vm::instance::Clock;
use flowprotect_vm::packet;

use super::PortSpec;
use super::batch::{BATCH, Datagram, Local, Outgoing, Receiver, Sender, Sent};
use super::flows::{Flow, Flows, Key};
use super::random::Random;
use super::socket::{self, Poll};
use crate::counters::{PortStats, Stats};
use crate::engine::{Engine, Gate};
use crate::error::DataplaneError;

/// Bytes asked for the clients' receive queue: some hundred thousand small packets (the kernel counts overhead too).
const RECEIVE_BUFFER: usize = 64 << 20;
/// Batches from clients before answers have their turn.
const ROUNDS: usize = 8;
/// Answers taken from one flow before the next has its turn.
const PER_FLOW: usize = 32;
/// Local ports tried for one new flow.
const PORT_TRIES: usize = 64;
/// How often idle flows are looked for when nothing comes in.
const TICK_MS: i32 = 250;
const LISTENER: u64 = u64::MAX;
const WAKER: u64 = u64::MAX - 1;

/// What the thread tells about itself.
#[derive(Default)]
struct Gauges {
    flows: AtomicU64,
    kernel_drops: AtomicU64,
    send_errors: AtomicU64,
    replies: AtomicU64,
    evicted: AtomicU64,
    stop: AtomicBool,
    failed: AtomicBool,
}

/// A running relay. It stops when dropped.
pub(crate) struct Relay {
    listening: SocketAddr,
    upstream: SocketAddr,
    receive_buffer: usize,
    max_flows: usize,
    gauges: Arc<Gauges>,
    waker: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
    reported_drops: AtomicU64,
}

impl Relay {
    /// Opens the port and starts its thread. `flow_limit` is what the limit on open files allows.
    pub fn start(
        spec: &PortSpec,
        flow_limit: usize,
        engine: Arc<Gate<Engine>>,
    ) -> Result<Self, DataplaneError> {
        let cannot = |what: &'static str| {
            move |error: io::Error| DataplaneError::system("port.system", what, &error)
        };
        let (listener, receive_buffer) =
            socket::listener(&spec.listen, RECEIVE_BUFFER).map_err(|error| {
                let what = format!("cannot listen on {}", spec.listen);
                DataplaneError::system("port.listen", &what, &error)
            })?;
        let listening = socket::local(&listener).map_err(cannot("cannot read our address"))?;
        let from = socket::route_to(&spec.upstream).map_err(|error| {
            let what = format!("no route to {}", spec.upstream);
            DataplaneError::system("port.upstream", &what, &error)
        })?;
        let waker = Arc::new(socket::waker().map_err(cannot("cannot make an eventfd"))?);
        let poll = Poll::new(256).map_err(cannot("cannot make an epoll set"))?;
        poll.add(&listener, LISTENER)
            .and_then(|()| poll.add(&waker, WAKER))
            .map_err(cannot("cannot watch the sockets"))?;
        let mut random = Random::new().map_err(cannot("no random numbers"))?;
        // Each relay begins somewhere else, or those of one range would try each other's ports first.
        let mut ports: VecDeque<u16> = spec.upstream_ports.clone().collect();
        ports.rotate_left((random.next() % ports.len() as u64) as usize);
        let max_flows = spec.max_flows.min(flow_limit).min(ports.len());
        let gauges = Arc::new(Gauges::default());
        let parts = Parts {
            listener,
            listening,
            upstream: spec.upstream,
            from,
            idle: spec.idle,
            ports,
            max_flows,
            gauges: Arc::clone(&gauges),
            engine,
            poll,
            random,
        };
        let thread = std::thread::Builder::new()
            .name("fp-relay".to_owned())
            .spawn(move || {
                let gauges = Arc::clone(&parts.gauges);
                let mut failed = Failed(&gauges, true);
                failed.1 = Worker::new(parts).work().is_err();
            })
            .map_err(cannot("cannot start a thread"))?;
        Ok(Self {
            listening,
            upstream: spec.upstream,
            receive_buffer,
            max_flows,
            gauges,
            waker,
            thread: Some(thread),
            reported_drops: AtomicU64::new(0),
        })
    }

    pub fn listening(&self) -> SocketAddr {
        self.listening
    }

    /// Adds this port to `stats`.
    pub fn report(&self, stats: &mut Stats) {
        let gauges = &self.gauges;
        let drops = gauges.kernel_drops.load(Relaxed);
        let flows = gauges.flows.load(Relaxed);
        stats.totals.kernel_drops += drops - self.reported_drops.swap(drops, Relaxed);
        stats.totals.send_errors += gauges.send_errors.swap(0, Relaxed);
        stats.totals.replies += gauges.replies.swap(0, Relaxed);
        stats.totals.evicted += gauges.evicted.swap(0, Relaxed);
        stats.totals.flows += flows;
        stats.ports.push(PortStats {
            listen: self.listening.to_string(),
            upstream: self.upstream.to_string(),
            flows,
            max_flows: self.max_flows as u64,
            receive_buffer: self.receive_buffer as u64,
            kernel_drops: drops,
            failed: gauges.failed.load(Relaxed),
        });
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.gauges.stop.store(true, Relaxed);
        socket::wake(&self.waker);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Says that the thread has failed, also where it panics.
struct Failed<'a>(&'a Gauges, bool);

impl Drop for Failed<'_> {
    fn drop(&mut self) {
        self.0.failed.store(self.1, Relaxed);
    }
}

/// What the thread is given.
struct Parts {
    listener: OwnedFd,
    listening: SocketAddr,
    upstream: SocketAddr,
    /// Our address towards upstream.
    from: SocketAddr,
    idle: Duration,
    ports: VecDeque<u16>,
    max_flows: usize,
    gauges: Arc<Gauges>,
    engine: Arc<Gate<Engine>>,
    poll: Poll,
    random: Random,
}

struct Challenge {
    to: SocketAddr,
    from: Local,
    payload: Vec<u8>,
}

struct Worker {
    parts: Parts,
    clients: Receiver,
    answers: Receiver,
    sender: Sender,
    flows: Flows,
    /// Slots of `clients` that pass, in order of arrival.
    passed: Vec<(Key, usize)>,
    /// Flows and slots of `clients` that are to be sent.
    pending: Vec<(u32, usize)>,
    challenges: Vec<Challenge>,
    /// Flow keys of the filled slots of `answers`.
    answer_keys: Vec<Key>,
    socket_drops: u32,
}

impl Worker {
    fn new(parts: Parts) -> Self {
        Self {
            flows: Flows::new(parts.max_flows),
            parts,
            clients: Receiver::new(),
            answers: Receiver::new(),
            sender: Sender::new(),
            passed: Vec::with_capacity(BATCH),
            pending: Vec::with_capacity(BATCH),
            challenges: Vec::with_capacity(BATCH),
            answer_keys: Vec::with_capacity(BATCH),
            socket_drops: 0,
        }
    }

    /// Works until it is told to stop. An error means that the port is of no more use.
    fn work(&mut self) -> io::Result<()> {
        let mut tokens = Vec::with_capacity(256);
        loop {
            self.parts.poll.wait(TICK_MS, &mut tokens)?;
            if self.parts.gauges.stop.load(Relaxed) {
                return Ok(());
            }
            for token in &tokens {
                if *token == LISTENER {
                    self.take_from_clients()?;
                } else if let Some(slot) = self.flows.slot_of(*token) {
                    self.take_answers(slot);
                }
            }
            self.send_answers();
            let now = Instant::now();
            while let Some(flow) = self.flows.pop_idle(now, self.parts.idle) {
                self.close(flow);
            }
            let flows = self.flows.len() as u64;
            self.parts.gauges.flows.store(flows, Relaxed);
        }
    }

    fn take_from_clients(&mut self) -> io::Result<()> {
        for _ in 0..ROUNDS {
            let count = match self.clients.receive(&self.parts.listener, 0, BATCH) {
                Ok(count) => count,
                Err(error) if is_passing(&error) => return Ok(()),
                Err(error) => return Err(error),
            };
            self.decide(count);
            self.pass_on();
            let challenges = self.challenges.iter().map(|challenge| Outgoing {
                to: Some(challenge.to),
                from: Some(challenge.from),
                payload: &challenge.payload,
            });
            let sent = self.sender.send(&self.parts.listener, challenges);
            self.challenges.clear();
            self.count(sent);
            if count < BATCH {
                break;
            }
        }
        Ok(())
    }

    /// Asks the engine about the first `count` packets: under one lock, with one reading of the clock.
    fn decide(&mut self, count: usize) {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now = Clock {
            unix_nanos: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX),
        };
        self.passed.clear();
        let random = &mut self.parts.random;
        let mut engine = self.parts.engine.lock();
        for slot in 0..count {
            let (datagram, drops) = self.clients.datagram(slot);
            if let Some(drops) = drops {
                // The kernel's count is of 32 bits and starts again at 0.
                let new = drops.wrapping_sub(self.socket_drops);
                self.socket_drops = drops;
                self.parts
                    .gauges
                    .kernel_drops
                    .fetch_add(u64::from(new), Relaxed);
            }
            let Some(Datagram {
                source,
                local,
                payload,
            }) = datagram
            else {
                continue;
            };
            let local = local.unwrap_or(Local {
                ip: self.parts.listening.ip(),
                interface: 0,
            });
            let flow = packet::Flow {
                src: source.ip(),
                src_port: source.port(),
                dst: local.ip,
                dst_port: self.parts.listening.port(),
            };
            let decision = engine.decide(&flow, payload, now, &mut || random.next());
            if decision.pass {
                let key = Key {
                    client: source,
                    local,
                };
                self.passed.push((key, slot));
            }
            if let Some(payload) = decision.challenge {
                self.challenges.push(Challenge {
                    to: source,
                    from: local,
                    payload,
                });
            }
        }
    }

    /// Sends the packets that pass to upstream, each over its flow's socket.
    fn pass_on(&mut self) {
        let now = Instant::now();
        let passed = std::mem::take(&mut self.passed);
        for (key, slot) in &passed {
            let flow = match self.flows.touch(key, now) {
                Some(flow) => Some(flow),
                None => self.open(*key, now),
            };
            match flow {
                Some(flow) => self.pending.push((flow, *slot)),
                None => {
                    self.parts.gauges.send_errors.fetch_add(1, Relaxed);
                }
            }
        }
        self.passed = passed;
        self.send_pending();
    }

    fn send_pending(&mut self) {
        // Stable: the packets of one flow stay in order and go out in one call.
        self.pending.sort_by_key(|(flow, _)| *flow);
        let mut total = Sent::default();
        for group in self.pending.chunk_by(|a, b| a.0 == b.0) {
            let Some(flow) = self.flows.get(group[0].0) else {
                continue;
            };
            let packets = group.iter().map(|(_, slot)| Outgoing {
                to: None,
                from: None,
                payload: self.clients.payload(*slot),
            });
            let sent = self.sender.send(&flow.socket, packets);
            total.sent += sent.sent;
            total.failed += sent.failed;
        }
        self.pending.clear();
        self.count(total);
    }

    /// Opens a socket for a new flow; where the table is full, the flow not used for longest gives way.
    fn open(&mut self, key: Key, now: Instant) -> Option<u32> {
        if self.flows.is_full() {
            // What is pending may belong to the flow that goes.
            self.send_pending();
            if let Some(old) = self.flows.pop_oldest() {
                self.close(old);
                self.parts.gauges.evicted.fetch_add(1, Relaxed);
            }
        }
        for _ in 0..PORT_TRIES {
            let port = self.parts.ports.pop_front()?;
            let mut from = self.parts.from;
            from.set_port(port);
            match socket::connected(&from, &self.parts.upstream) {
                Ok(socket) => {
                    let slot = self.flows.insert(Flow { key, socket, port }, now);
                    let flow = self.flows.get(slot)?;
                    if self
                        .parts
                        .poll
                        .add(&flow.socket, self.flows.token(slot))
                        .is_err()
                    {
                        let flow = self.flows.remove(slot)?;
                        self.close(flow);
                        return None;
                    }
                    return Some(slot);
                }
                Err(error) => {
                    self.parts.ports.push_back(port);
                    if error.kind() != io::ErrorKind::AddrInUse {
                        return None;
                    }
                }
            }
        }
        None
    }

    /// Closes a flow. Its port is used again last of all, so that late answers do not reach somebody else.
    fn close(&mut self, flow: Flow) {
        drop(flow.socket);
        self.parts.ports.push_back(flow.port);
    }

    fn take_answers(&mut self, slot: u32) {
        if self.answer_keys.len() == BATCH {
            self.send_answers();
        }
        let Some(flow) = self.flows.get(slot) else {
            return;
        };
        // An error here is upstream's refusal or nothing at all: reading it has cleared it.
        let first = self.answer_keys.len();
        if let Ok(count) = self.answers.receive(&flow.socket, first, PER_FLOW) {
            self.answer_keys
                .extend(std::iter::repeat_n(flow.key, count));
        }
    }

    fn send_answers(&mut self) {
        if self.answer_keys.is_empty() {
            return;
        }
        let answers = self
            .answer_keys
            .iter()
            .enumerate()
            .map(|(slot, key)| Outgoing {
                to: Some(key.client),
                from: Some(key.local),
                payload: self.answers.payload(slot),
            });
        let sent = self.sender.send(&self.parts.listener, answers);
        let count = self.answer_keys.len() as u64;
        self.answer_keys.clear();
        self.parts.gauges.replies.fetch_add(count, Relaxed);
        self.count(sent);
    }

    fn count(&self, sent: Sent) {
        if sent.failed > 0 {
            self.parts
                .gauges
                .send_errors
                .fetch_add(sent.failed, Relaxed);
        }
    }
}

/// Errors of a receive after which the socket is as good as before.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock
            | io::ErrorKind::Interrupted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::OutOfMemory
    ) || error.raw_os_error() == Some(libc::ENOBUFS)
}
