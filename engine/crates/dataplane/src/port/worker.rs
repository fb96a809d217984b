//! The work of a relay's thread: packets from clients to the engine and upstream, answers back to clients.

mod decide;

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::batch::{BATCH, Local, Outgoing, Receiver, Sender, Sent};
use super::flows::{Flow, Flows, Key};
use super::random::Random;
use super::relay::{Gauges, LISTENER};
use super::socket::{self, Poll};
use crate::engine::{Engine, Gate};
use decide::Arrived;

/// Batches from clients before answers have their turn.
const ROUNDS: usize = 8;
/// Answers taken from one flow before the next has its turn.
const PER_FLOW: usize = 32;
/// Local ports tried for one new flow.
const PORT_TRIES: usize = 32;
/// How often idle flows are looked for when nothing comes in.
const TICK_MS: i32 = 250;
/// Before the work is taken up again, so that an error that stays does not burn a processor.
const PAUSE: Duration = Duration::from_millis(10);

/// What the thread is given.
pub(super) struct Parts {
    pub listener: OwnedFd,
    pub listening: SocketAddr,
    pub upstream: SocketAddr,
    /// Our address towards upstream.
    pub from: SocketAddr,
    pub idle: Duration,
    pub ports: VecDeque<u16>,
    pub max_flows: usize,
    pub gauges: Arc<Gauges>,
    pub engine: Arc<Gate<Engine>>,
    pub poll: Poll,
    pub random: Random,
}

impl Parts {
    /// Whether a packet says that it comes from this port itself or from upstream. Its answer would come back here, be
    /// passed on and answered, for ever.
    fn is_loop(&self, source: &SocketAddr, local: &Local) -> bool {
        *source == self.upstream
            || (source.port() == self.listening.port() && source.ip() == local.ip)
    }
}

struct Challenge {
    to: SocketAddr,
    from: Local,
    payload: Vec<u8>,
}

pub(super) struct Worker {
    parts: Parts,
    clients: Receiver,
    answers: Receiver,
    sender: Sender,
    flows: Flows,
    /// Slots of `clients` to decide on, in order of arrival.
    arrived: Vec<Arrived>,
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
    pub fn new(parts: Parts) -> Self {
        Self {
            flows: Flows::new(parts.max_flows),
            parts,
            clients: Receiver::new(),
            answers: Receiver::new(),
            sender: Sender::new(),
            arrived: Vec::with_capacity(BATCH),
            passed: Vec::with_capacity(BATCH),
            pending: Vec::with_capacity(BATCH),
            challenges: Vec::with_capacity(BATCH),
            answer_keys: Vec::with_capacity(BATCH),
            socket_drops: 0,
        }
    }

    /// Works until it is told to stop. What goes wrong is counted, and the work taken up again: a port must not die.
    pub fn run(&mut self) {
        while !self.parts.gauges.stop.load(Relaxed) {
            if let Ok(Ok(())) = catch_unwind(AssertUnwindSafe(|| self.work())) {
                return;
            }
            self.parts.gauges.restarts.fetch_add(1, Relaxed);
            self.pending.clear();
            self.challenges.clear();
            self.answer_keys.clear();
            std::thread::sleep(PAUSE);
        }
    }

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
            self.evict();
        }
        let mut opened = self.connect();
        match &opened {
            // Others in this process hold more descriptors than was thought.
            Err(error) if is_shortage(error) && self.evict() => opened = self.connect(),
            // Our address towards upstream has changed.
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
                self.parts.from = socket::route_to(&self.parts.upstream).ok()?;
                opened = self.connect();
            }
            _ => {}
        }
        let (socket, port) = opened.ok()?;
        let slot = self.flows.insert(Flow { key, socket, port }, now);
        let flow = self.flows.get(slot)?;
        let token = self.flows.token(slot);
        if self.parts.poll.add(&flow.socket, token).is_err() {
            let flow = self.flows.remove(slot)?;
            self.close(flow);
            return None;
        }
        Some(slot)
    }

    /// A socket to upstream with the local port it took: one of ours, or where others sit on them (a second relay of
    /// this machine, say) one of the kernel's, which is 0.
    fn connect(&mut self) -> io::Result<(OwnedFd, u16)> {
        let ports = &mut self.parts.ports;
        let tries: Vec<u16> = ports.iter().copied().take(PORT_TRIES).collect();
        let opened = socket::connected(
            self.parts.from,
            &self.parts.upstream,
            tries.iter().copied().chain([0]),
        )?;
        // What was passed over is tried again last.
        let passed_over = tries.iter().take_while(|port| **port != opened.1).count();
        ports.rotate_left(passed_over);
        if opened.1 != 0 {
            ports.pop_front();
        }
        Ok(opened)
    }

    /// Closes the flow not used for longest. False where there is none.
    fn evict(&mut self) -> bool {
        // What is pending may belong to the flow that goes.
        self.send_pending();
        let Some(old) = self.flows.pop_oldest() else {
            return false;
        };
        self.close(old);
        self.parts.gauges.evicted.fetch_add(1, Relaxed);
        true
    }

    /// Closes a flow. Its port is used again last of all, so that late answers do not reach somebody else.
    fn close(&mut self, flow: Flow) {
        drop(flow.socket);
        if flow.port != 0 {
            self.parts.ports.push_back(flow.port);
        }
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
        let count = self.answer_keys.len() as u64;
        self.parts.gauges.replies.fetch_add(count, Relaxed);
        let sent = self.sender.send(&self.parts.listener, answers);
        self.answer_keys.clear();
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

/// The process or the system has no room for one more socket.
fn is_shortage(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM)
    )
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
