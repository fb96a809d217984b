//! Token buckets.

use std::net::IpAddr;

use ahash::RandomState;

use crate::table::key::hash_parts;
use crate::table::{Key, Value};

/// Whose bucket it is. The number tells the buckets of one owner apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Source(u64, IpAddr),
    Prefix(u64, IpAddr),
    Key(u64),
}

impl Owner {
    /// The /24 or /48 of `address`.
    #[must_use]
    pub fn prefix(bucket: u64, address: IpAddr) -> Self {
        let network = match address {
            IpAddr::V4(address) => IpAddr::from((u32::from(address) & !0xff).to_be_bytes()),
            IpAddr::V6(address) => {
                IpAddr::from((u128::from(address) & !(u128::MAX >> 48)).to_be_bytes())
            }
        };
        Self::Prefix(bucket, network)
    }
}

impl Key for Owner {
    fn hash(&self, seeds: &RandomState) -> u64 {
        match *self {
            Self::Source(number, address) => hash_parts(seeds, 1, number, Some(address)),
            Self::Prefix(number, network) => hash_parts(seeds, 2, number, Some(network)),
            Self::Key(number) => hash_parts(seeds, 3, number, None),
        }
    }
}

/// Tokens in billionths, so that a nanosecond of any whole rate is a whole number.
const TOKEN: u64 = 1_000_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    level: u64,
    /// Nanoseconds.
    filled: u64,
}

impl Value for Bucket {}

impl Bucket {
    #[must_use]
    pub fn full(burst: u32, now: u64) -> Self {
        Self {
            level: u64::from(burst) * TOKEN,
            filled: now,
        }
    }

    /// Fills up to `now` and takes `cost` tokens, or none where there are not so many.
    pub fn take(&mut self, rate: u32, burst: u32, cost: u32, now: u64) -> bool {
        let gained = now
            .saturating_sub(self.filled)
            .saturating_mul(u64::from(rate));
        self.level = self
            .level
            .saturating_add(gained)
            .min(u64::from(burst) * TOKEN);
        self.filled = now.max(self.filled);
        match self.level.checked_sub(u64::from(cost) * TOKEN) {
            Some(rest) => {
                self.level = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_fills_to_the_nanosecond() {
        let mut bucket = Bucket::full(2, 0);
        assert!(bucket.take(10, 2, 1, 0) && bucket.take(10, 2, 1, 0));
        assert!(!bucket.take(10, 2, 1, 99_999_999));
        assert!(bucket.take(10, 2, 1, 100_000_000));
        assert!(!bucket.take(10, 2, 1, 100_000_000));
        // Never more than the burst, and a clock that went back gives nothing.
        assert!(bucket.take(10, 2, 2, u64::MAX) && !bucket.take(10, 2, 1, 0));
        assert!(!bucket.take(u32::MAX, 2, 3, u64::MAX));
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let mut bucket = Bucket::full(u32::MAX, 0);
        assert!(bucket.take(u32::MAX, u32::MAX, u32::MAX, u64::MAX));
        assert!(!bucket.take(u32::MAX, u32::MAX, 1, u64::MAX));
    }

    #[test]
    fn neighbours_share_a_prefix() {
        let of = |text: &str| Owner::prefix(0, text.parse().unwrap());
        assert_eq!(of("10.1.2.3"), of("10.1.2.200"));
        assert_ne!(of("10.1.2.3"), of("10.1.3.3"));
        assert_eq!(of("2001:db8:1:2::"), of("2001:db8:1:3::"));
        assert_ne!(of("2001:db8:1:2::"), of("2001:db8:2:2::"));
    }
}
