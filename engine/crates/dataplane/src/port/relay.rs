//! The unprivileged UDP relay: its sockets and its handle. The thread's work is in `worker.rs`.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::PortSpec;
use super::random::Random;
use super::socket::{self, Poll};
use super::worker::{Parts, Worker};
use crate::counters::{PortStats, Stats};
use crate::engine::{Engine, Gate};
use crate::error::DataplaneError;

pub(super) const LISTENER: u64 = u64::MAX;
pub(super) const WAKER: u64 = u64::MAX - 1;

/// What the thread tells about itself.
#[derive(Default)]
pub(super) struct Gauges {
    pub flows: AtomicU64,
    pub kernel_drops: AtomicU64,
    pub send_errors: AtomicU64,
    pub replies: AtomicU64,
    pub evicted: AtomicU64,
    pub loops: AtomicU64,
    pub stop: AtomicBool,
    pub restarts: AtomicU64,
}

/// The thread, or what it will work with.
enum Work {
    Waiting(Box<Parts>),
    Running(JoinHandle<()>),
    Ended,
}

/// An open relay. It stops when dropped.
pub(crate) struct Relay {
    listening: SocketAddr,
    upstream: SocketAddr,
    receive_buffer: usize,
    max_flows: usize,
    gauges: Arc<Gauges>,
    waker: Arc<OwnedFd>,
    work: Mutex<Work>,
    reported_drops: AtomicU64,
}

impl Relay {
    /// Opens the port. Packets wait in its receive buffer until [`Self::begin`]. `flow_limit` is what the limit on open
    /// files allows.
    pub fn open(
        spec: &PortSpec,
        flow_limit: usize,
        engine: Arc<Gate<Engine>>,
    ) -> Result<Self, DataplaneError> {
        let cannot = |what: &'static str| {
            move |error: io::Error| DataplaneError::system("port.system", what, &error)
        };
        let (listener, receive_buffer) = socket::listener(&spec.listen, spec.receive_buffer)
            .map_err(|error| {
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
        Ok(Self {
            listening,
            upstream: spec.upstream,
            receive_buffer,
            max_flows,
            gauges,
            waker,
            work: Mutex::new(Work::Waiting(Box::new(parts))),
            reported_drops: AtomicU64::new(0),
        })
    }

    /// Starts the thread, if it does not run yet.
    pub fn begin(&self) -> Result<(), DataplaneError> {
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        let parts = match std::mem::replace(&mut *work, Work::Ended) {
            Work::Waiting(parts) => parts,
            other => {
                *work = other;
                return Ok(());
            }
        };
        let thread = std::thread::Builder::new()
            .name("fp-relay".to_owned())
            .spawn(move || Worker::new(*parts).run())
            .map_err(|error| {
                DataplaneError::system("port.system", "cannot start a thread", &error)
            })?;
        *work = Work::Running(thread);
        Ok(())
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
        stats.totals.loops += gauges.loops.swap(0, Relaxed);
        stats.totals.flows += flows;
        stats.ports.push(PortStats {
            listen: self.listening.to_string(),
            upstream: self.upstream.to_string(),
            flows,
            max_flows: self.max_flows as u64,
            receive_buffer: self.receive_buffer as u64,
            kernel_drops: drops,
            restarts: gauges.restarts.load(Relaxed),
        });
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.gauges.stop.store(true, Relaxed);
        socket::wake(&self.waker);
        let work = self.work.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Work::Running(thread) = std::mem::replace(work, Work::Ended) {
            let _ = thread.join();
        }
    }
}
