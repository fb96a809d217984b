//! Exact counts of what happened to packets, in step with a [`Ruleset`], and their merged form as JSON.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ahash::AHashMap;
use serde::Serialize;

use crate::config::Mode;
use crate::rules::Ruleset;

/// Distinct tags counted for one rule between two calls of `stats`; more are counted as `other`.
const TAGS: usize = 256;
/// Sources kept for one account. Where more come, the half with the most packets stays: its counts are lower bounds.
const SOURCES: usize = 4_096;
/// Sources of one account in [`Stats`].
const TOP: usize = 20;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub received: u64,
    pub passed: u64,
    pub dropped: u64,
    pub challenged: u64,
    /// Passed because nobody protects their destination.
    pub unprotected: u64,
    /// Larger than a program can see.
    pub too_large: u64,
    /// Packets and answers the kernel did not take.
    pub send_errors: u64,
    /// Packets the kernel threw away because the port was slower than they came.
    pub kernel_drops: u64,
    /// Answers from upstream.
    pub replies: u64,
    /// Flows that gave way to newer ones.
    pub evicted: u64,
    /// Packets that would have gone round for ever: thrown away before anything else, not part of `received`.
    pub loops: u64,
    /// Open now.
    pub flows: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AccountCounts {
    pub received: u64,
    pub passed: u64,
    pub dropped: u64,
    pub challenged: u64,
    pub allowlisted: u64,
    pub no_rule: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RuleCounts {
    /// Packets whose turn the rule was: `passed` + `dropped`.
    pub packets: u64,
    pub passed: u64,
    pub dropped: u64,
    /// Would have been dropped but for monitoring; they are part of `passed`.
    pub would_drop: u64,
    pub challenged: u64,
    pub allowlisted: u64,
    /// Runs without a verdict.
    pub errors: u64,
    /// Passed without the program, which had declared their flow good.
    pub skipped: u64,
    pub fuel: u64,
}

#[derive(Default)]
pub(crate) struct Tags {
    seen: AHashMap<u64, u64>,
    other: u64,
}

impl Tags {
    pub fn count(&mut self, tag: u64) {
        if let Some(count) = self.seen.get_mut(&tag) {
            *count += 1;
        } else if self.seen.len() < TAGS {
            self.seen.insert(tag, 1);
        } else {
            self.other += 1;
        }
    }
}

#[derive(Default)]
pub(crate) struct Sources(AHashMap<IpAddr, (u64, u64)>);

impl Sources {
    pub fn count(&mut self, source: IpAddr, dropped: bool) {
        let entry = self.0.entry(source).or_default();
        entry.0 += 1;
        entry.1 += u64::from(dropped);
        self.shrink();
    }

    fn shrink(&mut self) {
        if self.0.len() <= SOURCES {
            return;
        }
        let mut all: Vec<_> = self.0.drain().collect();
        all.select_nth_unstable_by_key(SOURCES / 2, |(_, (packets, _))| {
            std::cmp::Reverse(*packets)
        });
        all.truncate(SOURCES / 2);
        self.0.extend(all);
    }

    fn merge(&mut self, other: Self) {
        for (source, (packets, dropped)) in other.0 {
            let entry = self.0.entry(source).or_default();
            entry.0 += packets;
            entry.1 += dropped;
        }
        self.shrink();
    }

    fn top(&self) -> Vec<(IpAddr, u64, u64)> {
        let mut all: Vec<_> = self.0.iter().map(|(a, (p, d))| (*a, *p, *d)).collect();
        all.sort_unstable_by_key(|(address, packets, _)| (std::cmp::Reverse(*packets), *address));
        all.truncate(TOP);
        all
    }
}

/// Counts by the indexes of one ruleset.
#[derive(Default)]
pub(crate) struct Counters {
    pub totals: Totals,
    pub accounts: Vec<(AccountCounts, Sources)>,
    pub rules: Vec<(RuleCounts, Tags)>,
}

impl Counters {
    pub fn for_ruleset(ruleset: &Ruleset) -> Self {
        Self {
            totals: Totals::default(),
            accounts: ruleset
                .accounts
                .iter()
                .map(|_| Default::default())
                .collect(),
            rules: ruleset.rules.iter().map(|_| Default::default()).collect(),
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct AccountStats {
    pub account_id: String,
    #[serde(flatten)]
    pub counts: AccountCounts,
}

#[derive(Clone, Debug, Serialize)]
pub struct RuleStats {
    pub account_id: String,
    pub rule_id: String,
    pub mode: Mode,
    #[serde(flatten)]
    pub counts: RuleCounts,
    /// Packets by tag; `other` where there were too many tags.
    pub tags: BTreeMap<String, u64>,
}

#[derive(Clone, Debug, Serialize)]
pub struct SourceStats {
    pub account_id: String,
    pub address: IpAddr,
    pub packets: u64,
    pub dropped: u64,
}

/// A port as it is now; `kernel_drops` and `restarts` count from its start.
#[derive(Clone, Debug, Serialize)]
pub struct PortStats {
    pub listen: String,
    pub upstream: String,
    pub flows: u64,
    pub max_flows: u64,
    /// Bytes the kernel really gave.
    pub receive_buffer: u64,
    pub kernel_drops: u64,
    /// How often the port had to take up its work again: other than 0 is a fault to be looked into.
    pub restarts: u64,
}

/// What happened since the last call.
#[derive(Clone, Debug, Serialize)]
pub struct Stats {
    pub interval_ms: u64,
    pub generation: u64,
    pub accounts: Vec<AccountStats>,
    pub totals: Totals,
    pub rules: Vec<RuleStats>,
    pub sources: Vec<SourceStats>,
    pub ports: Vec<PortStats>,
}

/// Counts by name: they outlive a change of rulesets until somebody reads them.
#[derive(Default)]
pub(crate) struct Ledger {
    totals: Totals,
    accounts: BTreeMap<String, (AccountCounts, Sources)>,
    rules: BTreeMap<String, (String, Mode, RuleCounts, Tags)>,
}

impl Ledger {
    /// Adds what was counted under `ruleset`. Its accounts and rules are named even where they counted nothing.
    pub fn add(&mut self, ruleset: &Ruleset, counters: Counters) {
        let totals = counters.totals;
        self.totals.received += totals.received;
        self.totals.passed += totals.passed;
        self.totals.dropped += totals.dropped;
        self.totals.challenged += totals.challenged;
        self.totals.unprotected += totals.unprotected;
        self.totals.too_large += totals.too_large;
        for (account, (counts, sources)) in ruleset.accounts.iter().zip(counters.accounts) {
            let entry = self.accounts.entry(account.id.clone()).or_default();
            entry.0.received += counts.received;
            entry.0.passed += counts.passed;
            entry.0.dropped += counts.dropped;
            entry.0.challenged += counts.challenged;
            entry.0.allowlisted += counts.allowlisted;
            entry.0.no_rule += counts.no_rule;
            entry.1.merge(sources);
        }
        for ((account, rule), (counts, tags)) in ruleset.rules.iter().zip(counters.rules) {
            let entry = self.rules.entry(rule.id.clone()).or_insert_with(|| {
                let account = ruleset.accounts[*account].id.clone();
                (account, rule.mode, RuleCounts::default(), Tags::default())
            });
            entry.1 = rule.mode;
            entry.2.packets += counts.packets;
            entry.2.passed += counts.passed;
            entry.2.dropped += counts.dropped;
            entry.2.would_drop += counts.would_drop;
            entry.2.challenged += counts.challenged;
            entry.2.allowlisted += counts.allowlisted;
            entry.2.errors += counts.errors;
            entry.2.skipped += counts.skipped;
            entry.2.fuel += counts.fuel;
            entry.3.other += tags.other;
            for (tag, count) in tags.seen {
                if entry.3.seen.len() < TAGS || entry.3.seen.contains_key(&tag) {
                    *entry.3.seen.entry(tag).or_default() += count;
                } else {
                    entry.3.other += count;
                }
            }
        }
    }

    /// The counts as [`Stats`], without ports; nothing is left.
    pub fn take(&mut self, generation: u64, interval_ms: u64) -> Stats {
        let ledger = std::mem::take(self);
        let mut stats = Stats {
            interval_ms,
            generation,
            accounts: Vec::new(),
            totals: ledger.totals,
            rules: Vec::new(),
            sources: Vec::new(),
            ports: Vec::new(),
        };
        for (account_id, (counts, sources)) in ledger.accounts {
            for (address, packets, dropped) in sources.top() {
                stats.sources.push(SourceStats {
                    account_id: account_id.clone(),
                    address,
                    packets,
                    dropped,
                });
            }
            stats.accounts.push(AccountStats { account_id, counts });
        }
        for (rule_id, (account_id, mode, counts, tags)) in ledger.rules {
            let mut by_tag: BTreeMap<String, u64> = tags
                .seen
                .into_iter()
                .map(|(tag, count)| (tag.to_string(), count))
                .collect();
            if tags.other > 0 {
                by_tag.insert("other".to_owned(), tags.other);
            }
            stats.rules.push(RuleStats {
                account_id,
                rule_id,
                mode,
                counts,
                tags: by_tag,
            });
        }
        stats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_bounded_and_nothing_is_lost() {
        let mut tags = Tags::default();
        for tag in 0..1_000 {
            tags.count(tag);
            tags.count(0);
        }
        assert_eq!(tags.seen.len(), TAGS);
        assert_eq!(tags.seen.values().sum::<u64>() + tags.other, 2_000);
        assert_eq!(tags.seen[&0], 1_001);
    }

    #[test]
    fn a_busy_source_stays_among_many() {
        let mut sources = Sources::default();
        for number in 0..50_000u32 {
            sources.count(IpAddr::from(number.to_be_bytes()), true);
            if number % 10 == 0 {
                sources.count(IpAddr::from([255, 0, 0, 1]), false);
            }
        }
        assert!(sources.0.len() <= SOURCES);
        assert_eq!(sources.top()[0], (IpAddr::from([255, 0, 0, 1]), 5_000, 0));
        assert_eq!(sources.top().len(), TOP);
    }
}
