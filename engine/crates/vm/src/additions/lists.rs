//! Named lists of IP prefixes, made once and looked up by longest prefix.

use std::net::IpAddr;
use std::sync::Arc;

use ahash::AHashMap;

/// Longest name of a list in bytes.
pub const MAX_NAME: usize = 64;
/// Largest value of a prefix.
pub const MAX_VALUE: u32 = u32::MAX - 1;

/// A prefix of a list: address, length in bits, value (at most [`MAX_VALUE`]).
pub type Entry = (IpAddr, u8, u32);

/// The lists of an account. Copies share them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists(Arc<AHashMap<Box<[u8]>, Table>>);

impl Lists {
    /// Lists by name. Of equal prefixes in a list the last counts; a length beyond the address's is its full length.
    #[must_use]
    pub fn new(lists: impl IntoIterator<Item = (String, Vec<Entry>)>) -> Self {
        let tables = lists
            .into_iter()
            .map(|(name, entries)| (name.into_bytes().into_boxed_slice(), Table::new(&entries)));
        Self(Arc::new(tables.collect()))
    }

    /// 1 + the value of the longest prefix around `address`, or 0. None where there is no such list.
    #[must_use]
    pub fn find(&self, name: &[u8], address: IpAddr) -> Option<u32> {
        Some(self.0.get(name)?.find(address))
    }
}

/// Ranges between which no answer changes: starts in order, each with its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Table {
    v4: (Box<[u32]>, Box<[u32]>),
    v6: (Box<[u128]>, Box<[u32]>),
}

impl Table {
    fn new(entries: &[Entry]) -> Self {
        let (v4, v6): (Vec<Entry>, Vec<Entry>) =
            entries.iter().partition(|(address, ..)| address.is_ipv4());
        let (starts, answers) = flatten(&v4, 32);
        let starts = starts.into_iter().map(|start| start as u32).collect();
        let v6 = flatten(&v6, 128);
        Self {
            v4: (starts, answers.into()),
            v6: (v6.0.into(), v6.1.into()),
        }
    }

    fn find(&self, address: IpAddr) -> u32 {
        match address {
            IpAddr::V4(address) => answer(&self.v4, u32::from(address)),
            IpAddr::V6(address) => answer(&self.v6, u128::from(address)),
        }
    }
}

fn answer<T: Ord>((starts, answers): &(Box<[T]>, Box<[u32]>), address: T) -> u32 {
    let after = starts.partition_point(|start| *start <= address);
    after.checked_sub(1).map_or(0, |at| answers[at])
}

fn flatten(entries: &[Entry], width: u32) -> (Vec<u128>, Vec<u32>) {
    let all = u128::MAX >> (128 - width);
    let mut ranges: Vec<(u128, u128, u32)> = entries
        .iter()
        .map(|(address, length, value)| {
            let number = match address {
                IpAddr::V4(address) => u128::from(u32::from(*address)),
                IpAddr::V6(address) => u128::from(*address),
            };
            let host = all.checked_shr((*length).into()).unwrap_or(0);
            (number & !host, number | host, value.min(&MAX_VALUE) + 1)
        })
        .collect();
    // Wide ranges before those inside of them; equal ones as they were given.
    ranges.sort_by_key(|(start, end, _)| (*start, u128::MAX - end));
    let mut found: Vec<(u128, u32)> = Vec::new();
    let mut open: Vec<(u128, u32)> = Vec::new();
    let mut put = |at: u128, answer: u32| match found.last_mut() {
        Some(last) if last.0 == at => last.1 = answer,
        _ => found.push((at, answer)),
    };
    for (start, end, answer) in ranges {
        while let Some((last, _)) = open.pop_if(|(last, _)| *last < start) {
            put(last + 1, open.last().map_or(0, |outer| outer.1));
        }
        put(start, answer);
        open.push((end, answer));
    }
    while let Some((last, _)) = open.pop() {
        if last < all {
            put(last + 1, open.last().map_or(0, |outer| outer.1));
        }
    }
    found.dedup_by_key(|(_, answer)| *answer);
    found.into_iter().unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(entries: &[(&str, u8, u32)]) -> Lists {
        let entries = entries
            .iter()
            .map(|(address, length, value)| (address.parse().unwrap(), *length, *value));
        Lists::new([("good".to_owned(), entries.collect())])
    }

    #[test]
    fn the_longest_prefix_counts() {
        let lists = lists(&[
            ("10.1.2.0", 24, 3),
            ("10.0.0.0", 8, 1),
            ("10.1.0.0", 16, 2),
            ("10.1.2.255", 32, 4),
            ("255.255.255.255", 32, 5),
            ("2001:db8::", 32, 6),
            ("ffff::", 16, 7),
        ]);
        for (address, answer) in [
            ("9.255.255.255", 0),
            ("10.0.0.0", 2),
            ("10.1.1.255", 3),
            ("10.1.2.0", 4),
            ("10.1.2.254", 4),
            ("10.1.2.255", 5),
            ("10.1.3.0", 3),
            ("10.2.0.0", 2),
            ("11.0.0.0", 0),
            ("255.255.255.254", 0),
            ("255.255.255.255", 6),
            ("2001:db8:1::", 7),
            ("2001:db9::", 0),
            ("ffff:ffff::1", 8),
        ] {
            let found = lists.find(b"good", address.parse().unwrap());
            assert_eq!(found, Some(answer), "{address}");
        }
        assert_eq!(lists.find(b"bad", "10.0.0.1".parse().unwrap()), None);
    }

    #[test]
    fn a_prefix_of_everything_and_equal_ones() {
        let lists = lists(&[
            ("0.0.0.0", 0, 1),
            ("1.0.0.0", 8, 2),
            ("1.0.0.0", 8, MAX_VALUE),
        ]);
        assert_eq!(lists.find(b"good", "0.0.0.0".parse().unwrap()), Some(2));
        assert_eq!(
            lists.find(b"good", "1.2.3.4".parse().unwrap()),
            Some(u32::MAX)
        );
        assert_eq!(lists.find(b"good", "255.0.0.0".parse().unwrap()), Some(2));
        assert_eq!(lists.find(b"good", "::".parse().unwrap()), Some(0));
    }

    #[test]
    fn it_agrees_with_a_look_at_every_prefix() {
        let mut state = 1u64;
        let mut random = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as u32
        };
        for _ in 0..50 {
            let entries: Vec<Entry> = (0..40)
                .map(|value| {
                    let address = IpAddr::from((random() & 0x0f0f_0000).to_be_bytes());
                    (address, (random() % 33) as u8, value)
                })
                .collect();
            let lists = Lists::new([(String::new(), entries.clone())]);
            for _ in 0..200 {
                let address = random() & 0x0f0f_0100;
                let slow = entries
                    .iter()
                    .filter(|(prefix, length, _)| {
                        let IpAddr::V4(prefix) = prefix else {
                            return false;
                        };
                        let differ = u64::from(u32::from(*prefix) ^ address);
                        differ >> (32 - length) == 0
                    })
                    .max_by_key(|(_, length, _)| *length)
                    .map_or(0, |(.., value)| value + 1);
                let found = lists.find(b"", IpAddr::from(address.to_be_bytes()));
                assert_eq!(found, Some(slow));
            }
        }
    }
}
