//! The helpers a program may call, with the return codes of the program reference.

use blake2::Blake2b512;
use hmac::Mac;
use hmac::digest::Output;
use md5::Md5;
use sha2::{Digest, Sha256, Sha512};

use crate::additions::keys::Keys;
use crate::additions::table::Register;
use crate::additions::{self, Extra};
pub use crate::challenges::ChallengeBudget;
use crate::memory::{BadAccess, Memory};
use crate::packet::Flow;
use crate::state::Tables;

/// Largest challenge payload in bytes: what fits a 1,500-byte IPv4 packet.
pub const MAX_CHALLENGE: usize = 1472;
const MAX_PRINT: usize = 256;
const BAD_SOURCE: i64 = -1;
const BAD_DESTINATION: i64 = -2;

/// What helpers may reach in one run.
pub struct Env<'a> {
    pub memory: &'a mut Memory,
    pub tables: &'a mut Tables,
    pub budget: &'a mut ChallengeBudget,
    pub random: &'a mut dyn FnMut() -> u64,
    pub flow: Flow,
    /// Unix seconds.
    pub now: u64,
    pub challenges: bool,
    pub challenge_interval: u64,
    pub challenges_per_second: u32,
    pub print: bool,
    /// Payload of the answer to the source; empty for none.
    pub challenge: &'a mut Vec<u8>,
    pub tag: u64,
    pub printed: Vec<String>,
    pub extra: &'a mut Extra,
}

/// The name of helper `id`, as C programs know it.
#[must_use]
pub fn name(id: i32) -> Option<&'static str> {
    const NAMES: [&str; 20] = [
        "rand",
        "timestamp",
        "cf_ebpf_printf",
        "hash_md5",
        "hash_sha256",
        "hash_sha512",
        "hash_crc32",
        "hmac_sha256",
        "hmac_sha512",
        "set_challenge",
        "get_src_ip_status",
        "set_src_ip_status",
        "get_src_ip_data",
        "set_src_ip_data",
        "get_flow_data",
        "set_flow_data",
        "entropy",
        "set_network_analytics_tag",
        "hash_blake2b512",
        "hmac_blake2b512",
    ];
    if let Some(addition) = additions::table::find(id) {
        return Some(addition.name);
    }
    NAMES
        .get(usize::try_from(id).ok()?.checked_sub(1)?)
        .copied()
}

/// The names of the arguments of helper `id`, in order.
#[must_use]
pub fn arguments(id: i32) -> &'static [&'static str] {
    match id {
        3 => &["fmt"],
        4..=9 | 19 | 20 => &["src", "src_len", "dest", "dest_len"],
        10 | 17 => &["src", "len"],
        11 => &["status", "status_len", "expiry", "expiry_len"],
        12 => &["status", "expiry_secs"],
        13 | 15 => &["data", "data_len"],
        14 | 16 => &["data"],
        18 => &["tag"],
        _ => additions::table::find(id).map_or(&[], |addition| addition.arguments),
    }
}

/// Whether helper `id` takes a number, not the address of memory, in register `register` (1 is the first argument).
#[must_use]
pub fn takes_number(id: i32, register: u8) -> bool {
    if let Some(addition) = additions::table::find(id) {
        let at = usize::from(register).wrapping_sub(1);
        return matches!(
            addition.registers.get(at),
            Some(Register::Number | Register::Size)
        );
    }
    match id {
        12 | 14 | 16 | 18 => true,
        _ => register.is_multiple_of(2),
    }
}

/// Fuel that helper `id` costs with arguments `r1`–`r5`, above that of the call instruction.
///
/// Helpers that walk memory are charged by bytes, or a small budget would buy milliseconds of HMACs.
#[must_use]
#[inline]
pub fn cost(id: i32, arguments: [u64; 5]) -> u64 {
    match id {
        4..=9 | 19 | 20 => 200 + arguments[1].min(0xffff),
        17 => 64 + arguments[1].min(0xffff),
        10 => 64 + arguments[1].min(0xffff) / 8,
        additions::table::FIRST.. => additions::cost(id, arguments),
        _ => 8,
    }
}

/// Runs helper `id` with `r1`–`r5` in `arguments` and returns r0.
///
/// Inlined, because compiled code has a function for each helper, in which only that helper's arm remains.
///
/// # Errors
/// [`BadAccess`] where a pointer argument is neither null nor valid: a verified program never gets there.
#[inline(always)]
pub fn call(env: &mut Env<'_>, id: i32, arguments: [u64; 5]) -> Result<i64, BadAccess> {
    let [a, b, c, d, _] = arguments;
    Ok(match id {
        1 => (env.random)().cast_signed(),
        2 => env.now.cast_signed(),
        3 => {
            print(env, arguments);
            0
        }
        4 => digest(env, [a, b, c, d], |_, data| Md5::digest(data))?,
        5 => digest(env, [a, b, c, d], |_, data| Sha256::digest(data))?,
        6 => digest(env, [a, b, c, d], |_, data| Sha512::digest(data))?,
        7 => digest(env, [a, b, c, d], |_, data| {
            u64::from(crc32fast::hash(data)).to_le_bytes()
        })?,
        8 => digest(env, [a, b, c, d], |keys, data| {
            mac(keys.sha256().clone(), data)
        })?,
        9 => digest(env, [a, b, c, d], |keys, data| {
            mac(keys.sha512().clone(), data)
        })?,
        10 => set_challenge(env, a, b)?,
        11 => get_status(env, a, b, c, d)?,
        12 => set_status(env, a, b),
        13 => {
            let found = env
                .tables
                .source(env.flow.src, env.now)
                .map(|entry| entry.data);
            let on = env.tables.has_sources();
            get_data(env, a, b, found, on)?
        }
        14 => {
            let (source, now) = (env.flow.src, env.now);
            if env
                .tables
                .change_source(source, now, |entry| entry.data = a)
            {
                0
            } else {
                -5
            }
        }
        15 => {
            let found = env.tables.flow(&env.flow, env.now);
            let on = env.tables.has_flows();
            get_data(env, a, b, found, on)?
        }
        16 => {
            let flow = env.flow;
            if env.tables.set_flow(&flow, a, env.now) {
                0
            } else {
                -5
            }
        }
        17 => entropy(env, a, b)?,
        18 => {
            env.tag = a;
            0
        }
        19 => digest(env, [a, b, c, d], |_, data| Blake2b512::digest(data))?,
        20 => digest(env, [a, b, c, d], |keys, data| {
            mac(keys.blake2b512().clone(), data)
        })?,
        additions::table::FIRST.. => additions::call(env, id, arguments)?,
        _ => {
            return Err(BadAccess {
                address: 0,
                length: 0,
            });
        }
    })
}

fn mac<M: Mac>(mut keyed: M, data: &[u8]) -> Output<M> {
    keyed.update(data);
    keyed.finalize().into_bytes()
}

fn digest<D: AsRef<[u8]>>(
    env: &mut Env<'_>,
    [source, length, destination, room]: [u64; 4],
    hash: impl Fn(&Keys, &[u8]) -> D,
) -> Result<i64, BadAccess> {
    if source == 0 {
        return Ok(BAD_SOURCE);
    }
    let Ok(length) = usize::try_from(length) else {
        return Ok(BAD_SOURCE);
    };
    let value = hash(&env.extra.keys, env.memory.read(source, length)?);
    let value = value.as_ref();
    if destination == 0 || room < value.len() as u64 {
        return Ok(BAD_DESTINATION);
    }
    env.memory
        .write(destination, value.len())?
        .copy_from_slice(value);
    Ok(value.len() as i64)
}

fn set_challenge(env: &mut Env<'_>, source: u64, length: u64) -> Result<i64, BadAccess> {
    if !env.challenges {
        return Ok(-5);
    }
    if length == 0 {
        if !env.challenge.is_empty() {
            env.challenge.clear();
            env.budget.give_back();
        }
        return Ok(0);
    }
    if source == 0 || length > MAX_CHALLENGE as u64 {
        return Ok(-4);
    }
    let payload = env.memory.read(source, length as usize)?;
    if !env.challenge.is_empty() {
        // The run has its challenge already: a second call replaces it at no further cost.
        env.challenge.clear();
        env.challenge.extend_from_slice(payload);
        return Ok(0);
    }
    let now = env.now;
    let recent = |at: u64| at != 0 && now.saturating_sub(at) < env.challenge_interval;
    if env
        .tables
        .source(env.flow.src, now)
        .is_some_and(|entry| recent(entry.challenged))
    {
        return Ok(-6);
    }
    if !env.budget.take(now, env.challenges_per_second) {
        return Ok(-6);
    }
    env.tables
        .change_source(env.flow.src, now, |entry| entry.challenged = now);
    env.challenge.extend_from_slice(payload);
    Ok(0)
}

fn get_status(
    env: &mut Env<'_>,
    status: u64,
    status_room: u64,
    expiry: u64,
    expiry_room: u64,
) -> Result<i64, BadAccess> {
    if status == 0 && expiry == 0 {
        return Ok(-4);
    }
    if !env.tables.has_sources() {
        return Ok(-5);
    }
    if (status != 0 && status_room < 1) || (expiry != 0 && expiry_room < 8) {
        return Ok(-3);
    }
    let Some(entry) = env.tables.source(env.flow.src, env.now) else {
        return Ok(-1);
    };
    if status != 0 {
        env.memory.write(status, 1)?[0] = entry.status;
    }
    if expiry != 0 {
        env.memory
            .write(expiry, 8)?
            .copy_from_slice(&entry.expiry.to_le_bytes());
    }
    Ok(0)
}

fn set_status(env: &mut Env<'_>, status: u64, expiry_seconds: u64) -> i64 {
    let expiry = match expiry_seconds {
        0 => 0,
        seconds => env.now.saturating_add(seconds),
    };
    let done = env.tables.change_source(env.flow.src, env.now, |entry| {
        (entry.status, entry.expiry) = (status as u8, expiry);
    });
    if done { 0 } else { -5 }
}

pub(crate) fn get_data(
    env: &mut Env<'_>,
    to: u64,
    room: u64,
    found: Option<u64>,
    on: bool,
) -> Result<i64, BadAccess> {
    if to == 0 {
        return Ok(-4);
    }
    if !on {
        return Ok(-5);
    }
    if room < 8 {
        return Ok(-3);
    }
    let Some(data) = found else {
        return Ok(-1);
    };
    env.memory
        .write(to, 8)?
        .copy_from_slice(&data.to_le_bytes());
    Ok(0)
}

/// Shannon entropy of the bytes in thousandths of a bit, 0..=8000.
fn entropy(env: &mut Env<'_>, source: u64, length: u64) -> Result<i64, BadAccess> {
    let Ok(length) = usize::try_from(length) else {
        return Ok(BAD_SOURCE);
    };
    if source == 0 || length == 0 {
        return Ok(BAD_SOURCE);
    }
    let data = env.memory.read(source, length)?;
    let mut counts = [0u32; 256];
    for byte in data {
        counts[usize::from(*byte)] += 1;
    }
    let total = data.len() as f64;
    let bits: f64 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / total;
            -share * share.log2()
        })
        .sum();
    Ok((bits * 1000.0).round() as i64)
}

fn print(env: &mut Env<'_>, arguments: [u64; 5]) {
    if !env.print || env.printed.len() >= 16 {
        return;
    }
    let mut format = Vec::new();
    while format.len() < MAX_PRINT {
        match env
            .memory
            .read(arguments[0].wrapping_add(format.len() as u64), 1)
        {
            Ok([byte]) if *byte != 0 => format.push(*byte),
            _ => break,
        }
    }
    env.printed
        .push(expand(&String::from_utf8_lossy(&format), &arguments[1..4]));
}

fn expand(format: &str, values: &[u64]) -> String {
    let mut text = String::new();
    let mut values = values.iter();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        let conversion = characters
            .by_ref()
            .find(|c| !matches!(c, 'l' | 'h' | 'z' | '0'..='9'));
        match (conversion, values.next()) {
            (Some('%'), _) => text.push('%'),
            (Some('d' | 'i'), Some(value)) => text += &value.cast_signed().to_string(),
            (Some('x' | 'p'), Some(value)) => text += &format!("{value:x}"),
            (Some('X'), Some(value)) => text += &format!("{value:X}"),
            (Some('c'), Some(value)) => text.push(char::from(*value as u8)),
            (Some(_), Some(value)) => text += &value.to_string(),
            _ => text.push('%'),
        }
    }
    text
}
