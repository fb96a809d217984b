//! Helpers beyond the portable interface: ids from 64. Engines share what is here, as with the other helpers.

mod bucket;
pub mod keys;
pub mod lists;
mod siphash;
pub mod table;
#[cfg(test)]
mod tests;
pub mod text;

use std::net::IpAddr;

use crate::helpers::Env;
use crate::memory::BadAccess;
use crate::packet::Flow;
use crate::state::StateConfig;
use crate::table::Table;
pub(crate) use bucket::{Bucket, Owner};
use keys::Keys;
use lists::{Lists, MAX_NAME};

/// Longest time in seconds for which a flow can be declared good.
const MAX_GOOD: u64 = 3_600;

/// Entries of the tables behind the additions; 0 switches one off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Token buckets.
    pub buckets: usize,
    /// Flows that pass without the program.
    pub good_flows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            buckets: 10_000,
            good_flows: 10_000,
        }
    }
}

/// What the additions of an instance keep between packets.
pub struct Extra {
    /// Monotonic nanoseconds of the packet.
    pub now: u64,
    pub keys: Keys,
    pub lists: Lists,
    buckets: Table<Owner, Bucket>,
    sources: Table<IpAddr, u64>,
    flows: Table<Flow, u64>,
    /// When each stops being good.
    good: Table<Flow, u64>,
    /// Until when this packet's flow is good, if it passes.
    declared: Option<u64>,
}

impl Default for Extra {
    fn default() -> Self {
        let keys = Keys::new(&[0; 32], None);
        Self::new(
            Limits::default(),
            StateConfig::default(),
            keys,
            Lists::default(),
        )
    }
}

impl Extra {
    /// Empty tables: the second numbers have as many entries as the first ones.
    #[must_use]
    pub fn new(limits: Limits, state: StateConfig, keys: Keys, lists: Lists) -> Self {
        Self {
            now: 0,
            keys,
            lists,
            buckets: Table::new(limits.buckets),
            sources: Table::new(state.source_entries),
            flows: Table::new(state.flow_entries),
            good: Table::new(limits.good_flows),
            declared: None,
        }
    }

    /// Starts a packet at `now`, monotonic nanoseconds. True where its flow is good: the program is not to run.
    pub fn begin(&mut self, flow: &Flow, now: u64) -> bool {
        self.now = now;
        self.declared = None;
        if self.good.is_empty() {
            return false;
        }
        match self.good.get(flow, seconds(now)) {
            Some(until) if until > now => true,
            Some(_) => {
                self.good.remove(flow);
                false
            }
            None => false,
        }
    }

    /// Ends a packet that the program passed.
    pub fn passed(&mut self, flow: &Flow) {
        if let Some(until) = self.declared.take() {
            self.good.set(*flow, until, seconds(self.now));
        }
    }
}

/// Fuel of helper `id`, by work and bytes.
#[inline]
pub(crate) fn cost(id: i32, arguments: [u64; 5]) -> u64 {
    match id {
        65 => 32 + arguments[1].min(0xffff),
        66 => 300,
        67 => 600,
        68..=70 | 75 => 32,
        76 | 77 => 64 + arguments[1].min(0xffff),
        _ => 8,
    }
}

/// Runs helper `id`. Inlined as the portable ones are.
///
/// # Errors
/// [`BadAccess`] where a pointer argument is neither null nor valid, or there is no such helper.
#[inline(always)]
pub(crate) fn call(
    env: &mut Env<'_>,
    id: i32,
    [a, b, c, d, _]: [u64; 5],
) -> Result<i64, BadAccess> {
    let source = env.flow.src;
    Ok(match id {
        64 => env.extra.now.cast_signed(),
        65 => siphash(env, a, b, c, d)?,
        66 => env.extra.keys.cookie(&env.flow).cast_signed(),
        67 => env.extra.keys.accepts(&env.flow, a).into(),
        68 => allow(env.extra, Owner::Source(a, source), [b, c, d]),
        69 => allow(env.extra, Owner::prefix(a, source), [b, c, d]),
        70 => allow(env.extra, Owner::Key(a), [b, c, d]),
        71 => {
            let (table, now) = (&mut env.extra.sources, seconds(env.extra.now));
            let (found, on) = (table.get(&source, now), table.is_on());
            crate::helpers::get_data(env, a, b, found, on)?
        }
        72 => set(env.extra.sources.set(source, a, seconds(env.extra.now))),
        73 => {
            let (table, now) = (&mut env.extra.flows, seconds(env.extra.now));
            let (found, on) = (table.get(&env.flow, now), table.is_on());
            crate::helpers::get_data(env, a, b, found, on)?
        }
        74 => set(env.extra.flows.set(env.flow, a, seconds(env.extra.now))),
        75 => pass_flow(env.extra, a),
        76 => find(env, a, b, source)?,
        77 => list_address(env, [a, b, c, d])?,
        _ => {
            return Err(BadAccess {
                address: 0,
                length: 0,
            });
        }
    })
}

fn siphash(env: &mut Env<'_>, from: u64, size: u64, to: u64, room: u64) -> Result<i64, BadAccess> {
    let Ok(size) = usize::try_from(size) else {
        return Ok(-1);
    };
    if from == 0 {
        return Ok(-1);
    }
    let hash = siphash::siphash(env.extra.keys.sip(), env.memory.read(from, size)?);
    if to == 0 || room < 8 {
        return Ok(-2);
    }
    env.memory
        .write(to, 8)?
        .copy_from_slice(&hash.to_le_bytes());
    Ok(8)
}

fn allow(extra: &mut Extra, owner: Owner, numbers: [u64; 3]) -> i64 {
    let [Ok(rate), Ok(burst), Ok(cost)] = numbers.map(u32::try_from) else {
        return -4;
    };
    if rate == 0 || burst == 0 {
        return -4;
    }
    let now = extra.now;
    let full = Bucket::full(burst, now);
    let allowed = extra.buckets.upsert(owner, seconds(now), full, |bucket| {
        bucket.take(rate, burst, cost, now)
    });
    allowed.map_or(-5, i64::from)
}

/// What the tables count in.
fn seconds(nanos: u64) -> u64 {
    nanos / 1_000_000_000
}

fn set(done: bool) -> i64 {
    if done { 0 } else { -5 }
}

fn pass_flow(extra: &mut Extra, seconds: u64) -> i64 {
    if !(1..=MAX_GOOD).contains(&seconds) {
        return -4;
    }
    if !extra.good.is_on() {
        return -5;
    }
    extra.declared = Some(extra.now.saturating_add(seconds * 1_000_000_000));
    0
}

fn find(env: &Env<'_>, name: u64, size: u64, address: IpAddr) -> Result<i64, BadAccess> {
    if name == 0 {
        return Ok(-1);
    }
    let size = match usize::try_from(size) {
        Ok(size) if size <= MAX_NAME => size,
        _ => return Ok(-4),
    };
    let found = env.extra.lists.find(env.memory.read(name, size)?, address);
    Ok(found.map_or(-5, i64::from))
}

fn list_address(env: &Env<'_>, [name, size, from, length]: [u64; 4]) -> Result<i64, BadAccess> {
    if from == 0 {
        return Ok(-1);
    }
    let address = match length {
        4 => read::<4>(env, from)?.into(),
        16 => read::<16>(env, from)?.into(),
        _ => return Ok(-4),
    };
    find(env, name, size, address)
}

fn read<const N: usize>(env: &Env<'_>, from: u64) -> Result<[u8; N], BadAccess> {
    let mut bytes = [0; N];
    bytes.copy_from_slice(env.memory.read(from, N)?);
    Ok(bytes)
}
