//! Nanoseconds of the state table's operations, next to those of the `lru` and `schnellru` crates on the same keys.
//!
//! ```text
//! cargo run --release -p flowprotect-vm --example state_tables [ROUNDS]
//! ```
//!
//! Contenders take turns, a chunk of packets each. A figure is the least of all rounds' means for one call; `worst` is the
//! longest single call of all rounds. Times are those of the thread, so that what else runs here does not count.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroUsize;

use ahash::RandomState;
use flowprotect_vm::packet::Flow;
use flowprotect_vm::table::Table;
use lru::LruCache;
use schnellru::{ByLength, LruMap};

/// Calls between two readings of the clock.
const CHUNK: usize = 32_768;
/// Packets ahead of which a prefetch is asked for.
const AHEAD: usize = 8;

struct Random(u64);

impl Random {
    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ x >> 31
    }
}

trait Contender {
    fn get(&mut self, flow: &Flow, now: u64) -> Option<u64>;
    fn set(&mut self, flow: &Flow, data: u64, now: u64);
    fn prefetch(&self, _flow: &Flow) {}
}

/// The engine's table, with or without its prefetch.
struct Ours(Table<Flow, u64>, bool);

impl Contender for Ours {
    fn get(&mut self, flow: &Flow, now: u64) -> Option<u64> {
        self.0.get(flow, now)
    }

    fn set(&mut self, flow: &Flow, data: u64, now: u64) {
        self.0.set(*flow, data, now);
    }

    fn prefetch(&self, flow: &Flow) {
        if self.1 {
            self.0.prefetch(flow);
        }
    }
}

/// What the engine used before: data and when it was touched.
struct Lru(LruCache<Flow, (u64, u64), RandomState>);

impl Contender for Lru {
    fn get(&mut self, flow: &Flow, now: u64) -> Option<u64> {
        if now.saturating_sub(self.0.peek(flow)?.1) >= 3_600 {
            self.0.pop(flow);
            return None;
        }
        let entry = self.0.get_mut(flow)?;
        entry.1 = now;
        Some(entry.0)
    }

    fn set(&mut self, flow: &Flow, data: u64, now: u64) {
        while self
            .0
            .peek_lru()
            .is_some_and(|(_, old)| now.saturating_sub(old.1) >= 3_600)
        {
            self.0.pop_lru();
        }
        self.0.put(*flow, (data, now));
    }
}

struct Schnell(LruMap<Flow, (u64, u64), ByLength, RandomState>);

impl Contender for Schnell {
    fn get(&mut self, flow: &Flow, now: u64) -> Option<u64> {
        let entry = self.0.get(flow)?;
        if now.saturating_sub(entry.1) >= 3_600 {
            self.0.remove(flow);
            return None;
        }
        entry.1 = now;
        Some(entry.0)
    }

    fn set(&mut self, flow: &Flow, data: u64, now: u64) {
        while self
            .0
            .peek_oldest()
            .is_some_and(|(_, old)| now.saturating_sub(old.1) >= 3_600)
        {
            self.0.pop_oldest();
        }
        self.0.insert(*flow, (data, now));
    }
}

fn contenders(entries: usize) -> Vec<(&'static str, Box<dyn Contender>)> {
    let size = NonZeroUsize::new(entries).unwrap();
    let schnell = ByLength::new(entries as u32);
    vec![
        ("table", Box::new(Ours(Table::new(entries), false))),
        ("table+prefetch", Box::new(Ours(Table::new(entries), true))),
        (
            "lru",
            Box::new(Lru(LruCache::with_hasher(size, RandomState::new()))),
        ),
        (
            "schnellru",
            Box::new(Schnell(LruMap::with_hasher(schnell, RandomState::new()))),
        ),
    ]
}

/// A flow from a source that nobody can foresee to one service; every fourth is IPv6.
fn flow(number: u64) -> Flow {
    let bits = Random(number).next();
    let port = (bits >> 40) as u16 | 1;
    if number.is_multiple_of(4) {
        let wide = u128::from(bits) << 64 | u128::from(number);
        Flow {
            src: IpAddr::V6(Ipv6Addr::from(wide)),
            src_port: port,
            dst: IpAddr::V6(Ipv6Addr::LOCALHOST),
            dst_port: 7777,
        }
    } else {
        Flow {
            src: IpAddr::V4(Ipv4Addr::from(bits as u32)),
            src_port: port,
            dst: IpAddr::V4(Ipv4Addr::LOCALHOST),
            dst_port: 7777,
        }
    }
}

#[derive(Clone, Copy)]
enum Work {
    /// Sets only, of flows never seen before.
    SetNew,
    /// Gets only, of flows never seen before.
    GetNew,
    /// What a rate limit does: get and then set, 15 of 16 flows new; a figure is for two calls.
    GetSet,
    /// Gets of flows that are there.
    GetHit,
}

const WORK: [(&str, Work); 4] = [
    ("set, new", Work::SetNew),
    ("get, new", Work::GetNew),
    ("get+set, 15/16 new", Work::GetSet),
    ("get, there", Work::GetHit),
];

struct Keys {
    random: Random,
    next: u64,
    entries: u64,
}

impl Keys {
    /// Flows for a chunk of `work`. All contenders get the same ones, so they hold the same entries.
    fn chunk(&mut self, work: Work) -> Vec<Flow> {
        let mut recent = || {
            let back = self.random.next() % (self.entries / 2);
            flow(self.next.saturating_sub(back + CHUNK as u64 + 1))
        };
        match work {
            Work::GetHit => (0..CHUNK).map(|_| recent()).collect(),
            Work::GetNew => (0..CHUNK as u64)
                .map(|at| flow(1 << 60 | self.random.next() >> 8 | at))
                .collect(),
            Work::SetNew => (0..CHUNK as u64).map(|at| flow(self.next + at)).collect(),
            Work::GetSet => {
                let mut flows = Vec::with_capacity(CHUNK);
                for at in 0..CHUNK as u64 {
                    flows.push(if at % 16 == 15 {
                        recent()
                    } else {
                        flow(self.next + at)
                    });
                }
                flows
            }
        }
    }

    fn done(&mut self, work: Work) {
        if matches!(work, Work::SetNew | Work::GetSet) {
            self.next += CHUNK as u64;
        }
    }
}

/// Runs a chunk and gives what was found, added up, so that nothing is optimised away and results can be compared.
#[inline(never)]
fn run(work: Work, contender: &mut dyn Contender, flows: &[Flow], now: u64) -> u64 {
    let mut sum = 0;
    for (at, flow) in flows.iter().enumerate() {
        if let Some(ahead) = flows.get(at + AHEAD) {
            contender.prefetch(ahead);
        }
        sum += one(work, contender, flow, now);
    }
    sum
}

#[inline(always)]
fn one(work: Work, contender: &mut dyn Contender, flow: &Flow, now: u64) -> u64 {
    match work {
        Work::SetNew => {
            contender.set(flow, now, now);
            0
        }
        Work::GetNew | Work::GetHit => contender.get(flow, now).map_or(1, |_| 2),
        Work::GetSet => {
            let found = contender.get(flow, now);
            contender.set(flow, now, now);
            found.map_or(1, |_| 2)
        }
    }
}

/// Processor time of this thread, nanoseconds: no time in which others ran.
fn nanos() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the call fills in `time`.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Pins the thread to one processor.
fn pin() {
    // SAFETY: the set is a plain array of bits that the calls fill in and read.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(libc::sched_getcpu() as usize, &mut set);
        libc::sched_setaffinity(0, size_of_val(&set), &raw const set);
    }
}

fn bench(entries: usize, rounds: usize) {
    let mut contenders = contenders(entries);
    let mut keys = Keys {
        random: Random(7),
        next: 1,
        entries: entries as u64,
    };
    let mut now = 1_000_000;
    // Twice over, so that all are full and churned.
    for _ in 0..entries * 2 / CHUNK + 2 {
        let flows = keys.chunk(Work::SetNew);
        for (_, contender) in &mut contenders {
            run(Work::SetNew, contender.as_mut(), &flows, now);
        }
        keys.done(Work::SetNew);
    }
    let mut best: HashMap<(usize, &str), f64> = HashMap::new();
    let mut worst: HashMap<&str, u64> = HashMap::new();
    let chunks = 4;
    for _ in 0..rounds {
        now += 1;
        for (kind, (_, work)) in WORK.into_iter().enumerate() {
            let mut spent: HashMap<&str, u64> = HashMap::new();
            for _ in 0..chunks {
                let flows = keys.chunk(work);
                contenders.rotate_left(1);
                let mut sums = Vec::new();
                for (name, contender) in &mut contenders {
                    let before = nanos();
                    sums.push(run(work, contender.as_mut(), &flows, now));
                    *spent.entry(name).or_default() += nanos() - before;
                }
                assert!(sums.iter().all(|sum| *sum == sums[0]), "contenders differ");
                keys.done(work);
            }
            for (name, spent) in spent {
                let each = spent as f64 / (chunks * CHUNK) as f64;
                let least = best.entry((kind, name)).or_insert(f64::INFINITY);
                *least = least.min(each);
            }
        }
        // Every call by itself, for the longest: rebuilding shows here.
        for _ in 0..chunks {
            let flows = keys.chunk(Work::SetNew);
            for (name, contender) in &mut contenders {
                for flow in &flows {
                    let before = nanos();
                    one(Work::SetNew, contender.as_mut(), flow, now);
                    let spent = nanos() - before;
                    let most = worst.entry(name).or_default();
                    *most = spent.max(*most);
                }
            }
            keys.done(Work::SetNew);
        }
    }
    println!("\n{entries} entries");
    print!("{:20}", "");
    let names = ["table", "table+prefetch", "lru", "schnellru"];
    for name in &names {
        print!("{name:>16}");
    }
    println!();
    for (kind, (what, _)) in WORK.into_iter().enumerate() {
        print!("{what:20}");
        for name in &names {
            print!("{:>16.1}", best[&(kind, *name)]);
        }
        println!();
    }
    print!("{:20}", "worst set, us");
    for name in &names {
        print!("{:>16.1}", worst[name] as f64 / 1e3);
    }
    println!();
}

/// What making, filling and dropping a table costs, and the longest of the calls that fill it.
fn life(entries: usize) {
    let before = nanos();
    let mut table: Table<Flow, u64> = Table::new(entries);
    let made = nanos() - before;
    let mut worst = 0;
    for number in 0..entries as u64 {
        let flow = flow(number);
        let before = nanos();
        table.set(flow, number, 1);
        worst = worst.max(nanos() - before);
    }
    let bytes = table.bytes() as f64 / entries as f64;
    let before = nanos();
    drop(table);
    println!(
        "{entries} entries: {bytes:.1} bytes each; made in {:.1} us, worst set while filling {:.1} us, dropped in {:.1} us",
        made as f64 / 1e3,
        worst as f64 / 1e3,
        (nanos() - before) as f64 / 1e3,
    );
}

fn main() {
    let rounds = std::env::args()
        .nth(1)
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(20);
    pin();
    println!("ns per call, the least of {rounds} rounds' means; every fourth flow is IPv6");
    for entries in [1_000, 10_000, 1_000_000, 1_000_000] {
        life(entries);
    }
    for entries in [10_000, 1_000_000] {
        bench(entries, rounds);
    }
}
