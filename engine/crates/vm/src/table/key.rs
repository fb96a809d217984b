//! What entries are found by.

use std::hash::{BuildHasher, Hasher};
use std::net::IpAddr;

use ahash::RandomState;

use crate::packet::Flow;

/// A key, with a hash that nobody can foresee who does not know `seeds`.
///
/// Written out rather than derived: a derived hash takes addresses byte by byte with their lengths, three times as
/// slow. Only whole 128-bit blocks are fed in, which ahash masks with seeds on both halves.
pub trait Key: Copy + Eq {
    fn hash(&self, seeds: &RandomState) -> u64;
}

/// 128 bits for an address of one family; [`family`] tells apart what is the same number in the other.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

fn family(address: IpAddr) -> u128 {
    address.is_ipv6().into()
}

impl Key for IpAddr {
    #[inline]
    fn hash(&self, seeds: &RandomState) -> u64 {
        let mut hasher = seeds.build_hasher();
        match self {
            Self::V4(address) => hasher.write_u128(u128::from(u32::from(*address)) | 1 << 127),
            Self::V6(address) => hasher.write_u128((*address).into()),
        }
        hasher.finish()
    }
}

impl Key for Flow {
    #[inline]
    fn hash(&self, seeds: &RandomState) -> u64 {
        let mut hasher = seeds.build_hasher();
        let ports = u128::from(self.src_port) << 16 | u128::from(self.dst_port);
        if let (IpAddr::V4(source), IpAddr::V4(destination)) = (self.src, self.dst) {
            let addresses =
                u128::from(u32::from(source)) << 32 | u128::from(u32::from(destination));
            hasher.write_u128(ports << 64 | addresses);
        } else {
            hasher.write_u128(bits(self.src));
            hasher.write_u128(bits(self.dst));
            hasher.write_u128(ports << 2 | family(self.src) << 1 | family(self.dst));
        }
        hasher.finish()
    }
}

/// The hash of a number and, in further blocks, of what else a key has.
#[inline]
pub(crate) fn hash_parts(
    seeds: &RandomState,
    kind: u8,
    number: u64,
    address: Option<IpAddr>,
) -> u64 {
    let mut hasher = seeds.build_hasher();
    let of = address.map_or(0, family);
    hasher.write_u128(u128::from(number) | u128::from(kind) << 64 | of << 72);
    if let Some(address) = address {
        hasher.write_u128(bits(address));
    }
    hasher.finish()
}

/// Seeds of its own for each table, from the operating system: who could foresee hashes could make them collide.
///
/// # Panics
/// Where the operating system has no randomness to give.
pub(crate) fn seeds() -> RandomState {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    let word = |at: usize| {
        let mut word = [0; 8];
        word.copy_from_slice(&bytes[at * 8..at * 8 + 8]);
        u64::from_le_bytes(word)
    };
    RandomState::with_seeds(word(0), word(1), word(2), word(3))
}
