//! What becomes of the packets of one receive.

use std::sync::OnceLock;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use flowprotect_vm::instance::Clock;
use flowprotect_vm::packet;

use super::{Challenge, Worker};
use crate::port::batch::{Datagram, Local};
use crate::port::flows::Key;
use crate::rules::Match;

/// Packets that are decided between finding a packet's rule and its own turn: the time that memory takes to answer.
const AHEAD: usize = 8;

/// A packet that a client sent.
#[derive(Clone, Copy)]
pub(super) struct Arrived {
    /// Of `clients`.
    slot: usize,
    key: Key,
    flow: packet::Flow,
    found: Option<Match>,
}

impl Worker {
    /// Asks the engine about the first `count` packets: under one lock, with one reading of the clock.
    pub(super) fn decide(&mut self, count: usize) {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now = Clock {
            unix_nanos: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX),
            monotonic_nanos: monotonic(),
        };
        self.arrived.clear();
        for slot in 0..count {
            let arrived = self.arrival(slot);
            self.arrived.extend(arrived);
        }
        self.passed.clear();
        let mut engine = self.parts.engine.lock();
        for at in 0..self.arrived.len() + AHEAD {
            if let Some(next) = self.arrived.get_mut(at) {
                next.found = engine.find(&next.flow);
            }
            let Some(due) = at
                .checked_sub(AHEAD)
                .and_then(|due| self.arrived.get(due).copied())
            else {
                continue;
            };
            let payload = self.clients.payload(due.slot);
            let random = &mut || self.parts.random.next();
            let decision = engine.decide(due.found, &due.flow, payload, now, random);
            if decision.pass {
                self.passed.push((due.key, due.slot));
            }
            if let Some(payload) = decision.challenge {
                self.challenges.push(Challenge {
                    to: due.key.client,
                    from: due.key.local,
                    payload,
                });
            }
        }
    }

    /// The packet in `slot`, if it is one to decide on.
    fn arrival(&mut self, slot: usize) -> Option<Arrived> {
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
        let Datagram { source, local } = datagram?;
        let local = local.unwrap_or(Local {
            ip: self.parts.listening.ip(),
            interface: 0,
        });
        if self.parts.is_loop(&source, &local) {
            self.parts.gauges.loops.fetch_add(1, Relaxed);
            return None;
        }
        Some(Arrived {
            slot,
            key: Key {
                client: source,
                local,
            },
            flow: packet::Flow {
                src: source.ip(),
                src_port: source.port(),
                dst: local.ip,
                dst_port: self.parts.listening.port(),
            },
            found: None,
        })
    }
}

/// Nanoseconds since an arbitrary moment that is the same for all ports.
fn monotonic() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let since = START.get_or_init(Instant::now).elapsed();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
