//! The decision on one packet: account, allowlist, rule, program, counters, samples. No I/O.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowprotect_vm::challenges::NodeChallenges;
use flowprotect_vm::instance::{Clock, Decided, Instance, RunError, Verdict};
use flowprotect_vm::packet::{Flow, MAX_IP_PACKET, build_udp};

use crate::config::{Fallback, Mode};
use crate::counters::Counters;
use crate::rules::{Match, Ruleset};
use crate::samples::{SampleVerdict, Sampler, Taken};

/// Challenges a second from the whole node, unless it is told otherwise.
pub const NODE_CHALLENGES: u32 = 1_000;

/// What to do with a packet.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decision {
    pub pass: bool,
    /// Payload to send back to the source.
    pub challenge: Option<Vec<u8>>,
}

const PASS: Decision = Decision {
    pass: true,
    challenge: None,
};

/// The running state behind all ports of a node.
pub(crate) struct Engine {
    pub ruleset: Arc<Ruleset>,
    /// By rule. None where the program broke the machine.
    pub instances: Vec<Option<Instance>>,
    pub counters: Counters,
    pub sampler: Sampler,
    /// Shared by all instances.
    pub challenges: Arc<NodeChallenges>,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            ruleset: Arc::default(),
            instances: Vec::new(),
            counters: Counters::default(),
            sampler: Sampler::default(),
            challenges: Arc::new(NodeChallenges::new(NODE_CHALLENGES)),
        }
    }
}

impl Engine {
    /// Whose a datagram of `flow` is; what its program remembers of it is on its way into the cache then, which pays
    /// where other datagrams are decided in between.
    pub fn find(&self, flow: &Flow) -> Option<Match> {
        let found = self.ruleset.find(flow)?;
        if let Some(Some(instance)) = found.rule.map(|rule| &self.instances[rule]) {
            instance.prefetch(flow);
        }
        Some(found)
    }

    /// Decides on a datagram and counts it. `found` is what [`Self::find`] gave under the same lock.
    pub fn decide(
        &mut self,
        found: Option<Match>,
        flow: &Flow,
        payload: &[u8],
        now: Clock,
        random: &mut dyn FnMut() -> u64,
    ) -> Decision {
        self.counters.totals.received += 1;
        let header = if flow.src.is_ipv4() { 20 } else { 40 };
        let too_large = header + 8 + payload.len() > MAX_IP_PACKET;
        self.counters.totals.too_large += u64::from(too_large);
        let Some(found) = found else {
            self.counters.totals.unprotected += 1;
            self.counters.totals.passed += 1;
            return PASS;
        };
        let decision = self.judge(found, flow, payload, too_large, now, random);
        let (account, sources) = &mut self.counters.accounts[found.account];
        let totals = &mut self.counters.totals;
        account.received += 1;
        account.allowlisted += u64::from(found.allowlisted);
        account.no_rule += u64::from(found.rule.is_none());
        if decision.pass {
            account.passed += 1;
            totals.passed += 1;
        } else {
            account.dropped += 1;
            totals.dropped += 1;
        }
        if decision.challenge.is_some() {
            account.challenged += 1;
            totals.challenged += 1;
        }
        sources.count(flow.src, !decision.pass);
        if let Some(rule) = found.rule {
            let counts = &mut self.counters.rules[rule].0;
            counts.packets += 1;
            counts.allowlisted += u64::from(found.allowlisted);
            counts.passed += u64::from(decision.pass);
            counts.dropped += u64::from(!decision.pass);
            counts.challenged += u64::from(decision.challenge.is_some());
        }
        decision
    }

    fn judge(
        &mut self,
        found: Match,
        flow: &Flow,
        payload: &[u8],
        too_large: bool,
        now: Clock,
        random: &mut dyn FnMut() -> u64,
    ) -> Decision {
        let Some(index) = found.rule else {
            return PASS;
        };
        let (account, rule) = (
            &self.ruleset.accounts[found.account],
            &self.ruleset.rules[index].1,
        );
        if found.allowlisted || rule.mode == Mode::Disabled {
            return PASS;
        }
        let enabled = rule.mode == Mode::Enabled;
        let (counts, tags) = &mut self.counters.rules[index];
        let fall_back = |fallback: Fallback| Decision {
            pass: fallback == Fallback::Pass || !enabled,
            challenge: None,
        };
        if too_large {
            return fall_back(account.on_too_large);
        }
        let slot = &mut self.instances[index];
        let decided = match run(slot, flow, payload, now, random) {
            Ok(decided) => decided,
            Err(error) => {
                counts.errors += 1;
                if error == RunError::OutOfFuel {
                    counts.fuel += rule.fuel();
                }
                return fall_back(account.on_error);
            }
        };
        counts.skipped += u64::from(decided.skipped);
        counts.fuel += decided.fuel_used;
        tags.count(decided.tag);
        let challenge = slot.as_ref().and_then(Instance::challenge);
        let drops = decided.verdict == Verdict::Drop;
        counts.would_drop += u64::from(drops && !enabled);
        if challenge.is_some() && !enabled {
            self.challenges.give_back();
        }
        let challenge = challenge.filter(|_| enabled);
        let shown = match (drops, enabled) {
            (false, _) => SampleVerdict::Pass,
            (true, true) => SampleVerdict::Drop,
            (true, false) => SampleVerdict::WouldDrop,
        };
        if self.sampler.wants(found.account, shown, now.unix_nanos) {
            // Built once more, since the program may have written to its own.
            let packet = build_udp(flow, payload);
            self.sampler.take(Taken {
                account: found.account,
                rule: index,
                at_nanos: now.unix_nanos,
                flow: *flow,
                length: packet.len(),
                verdict: shown,
                tag: decided.tag,
                challenge: challenge.is_some(),
                bytes: Taken::head(&packet),
            });
        }
        Decision {
            pass: !(drops && enabled),
            challenge: challenge.map(<[u8]>::to_vec),
        }
    }
}

/// Runs an instance. One that panics (a bug of ours) is given up: its memory may be half written.
fn run(
    slot: &mut Option<Instance>,
    flow: &Flow,
    payload: &[u8],
    now: Clock,
    random: &mut dyn FnMut() -> u64,
) -> Result<Decided, RunError> {
    let broken = |message: &str| RunError::Fault {
        pc: 0,
        message: message.to_owned(),
    };
    let Some(instance) = slot else {
        return Err(broken("the program broke the machine before"));
    };
    match catch_unwind(AssertUnwindSafe(|| {
        instance.run_udp(flow, payload, now, random)
    })) {
        Ok(result) => result,
        Err(_) => {
            *slot = None;
            Err(broken("the program broke the machine"))
        }
    }
}

/// A lock that is handed over in turn: a port that takes it for every batch cannot starve who wants to read counters.
#[derive(Default)]
pub(crate) struct Gate<T> {
    turn: Mutex<()>,
    inner: Mutex<T>,
}

impl<T> Gate<T> {
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
