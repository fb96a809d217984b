//! CIDR prefixes and longest-prefix match.

use std::net::IpAddr;
use std::str::FromStr;

use ahash::AHashMap;

/// A network. Bits after the prefix length are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix {
    pub address: IpAddr,
    pub length: u8,
}

/// Not `address/length`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPrefix;

impl FromStr for Prefix {
    type Err = BadPrefix;

    /// Reads `10.0.0.0/8`, or a lone address as a prefix of full length. Host bits are cleared.
    fn from_str(text: &str) -> Result<Self, BadPrefix> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| BadPrefix)?;
        let most = bits(address);
        let length = match length {
            None => most,
            Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().map_err(|_| BadPrefix)?
            }
            Some(_) => return Err(BadPrefix),
        };
        if length > most {
            return Err(BadPrefix);
        }
        let number = masked(address, length);
        let address = match address {
            IpAddr::V4(_) => IpAddr::from((number as u32).to_be_bytes()),
            IpAddr::V6(_) => IpAddr::from(number.to_be_bytes()),
        };
        Ok(Self { address, length })
    }
}

impl Prefix {
    /// First and last address as numbers of the family's width.
    #[must_use]
    pub fn bounds(&self) -> (u128, u128) {
        let low = number(self.address);
        let free = bits(self.address) - self.length;
        let ones = if free == 128 {
            u128::MAX
        } else {
            (1 << free) - 1
        };
        (low, low | ones)
    }
}

/// An address as a number, 32 or 128 bits wide.
#[must_use]
pub fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn masked(address: IpAddr, length: u8) -> u128 {
    let shift = u32::from(bits(address) - length);
    number(address)
        .checked_shr(shift)
        .and_then(|n| n.checked_shl(shift))
        .unwrap_or(0)
}

/// Values by prefix; a look-up gives the one of the longest prefix that holds the address.
#[derive(Clone, Debug, Default)]
pub struct PrefixMap<T> {
    v4: Vec<(u8, AHashMap<u128, T>)>,
    v6: Vec<(u8, AHashMap<u128, T>)>,
}

impl<T: Copy> PrefixMap<T> {
    #[must_use]
    pub fn new() -> Self {
        Self {
            v4: Vec::new(),
            v6: Vec::new(),
        }
    }

    /// Sets the value of `prefix` and gives the one it had.
    pub fn insert(&mut self, prefix: Prefix, value: T) -> Option<T> {
        let levels = if prefix.address.is_ipv4() {
            &mut self.v4
        } else {
            &mut self.v6
        };
        let at = match levels
            .iter()
            .position(|(length, _)| *length <= prefix.length)
        {
            Some(at) if levels[at].0 == prefix.length => at,
            found => {
                let at = found.unwrap_or(levels.len());
                levels.insert(at, (prefix.length, AHashMap::new()));
                at
            }
        };
        levels[at].1.insert(number(prefix.address), value)
    }

    #[must_use]
    pub fn get(&self, address: IpAddr) -> Option<T> {
        let levels = if address.is_ipv4() {
            &self.v4
        } else {
            &self.v6
        };
        levels
            .iter()
            .find_map(|(length, map)| map.get(&masked(address, *length)).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_wins() {
        let mut map = PrefixMap::new();
        for (index, text) in [
            "0.0.0.0/0",
            "10.1.0.0/16",
            "10.0.0.0/8",
            "10.1.2.3/32",
            "::/0",
            "2001:db8::/32",
        ]
        .iter()
        .enumerate()
        {
            assert_eq!(map.insert(text.parse().unwrap(), index), None);
        }
        let get = |text: &str| map.get(text.parse().unwrap());
        assert_eq!(get("10.1.2.3"), Some(3));
        assert_eq!(get("10.1.2.4"), Some(1));
        assert_eq!(get("10.2.0.1"), Some(2));
        assert_eq!(get("9.9.9.9"), Some(0));
        assert_eq!(get("2001:db8::9"), Some(5));
        assert_eq!(get("::1"), Some(4));
    }

    #[test]
    fn bad_prefixes_are_refused_and_host_bits_cleared() {
        for text in [
            "",
            "/8",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0/8",
            "::/129",
            "1.2.3.4/-1",
            "1.2.3.4/+1",
            "1.2.3.4/999",
            "x",
        ] {
            assert_eq!(text.parse::<Prefix>(), Err(BadPrefix), "{text}");
        }
        let prefix: Prefix = "10.1.2.3/8".parse().unwrap();
        assert_eq!(prefix, "10.0.0.0/8".parse().unwrap());
        assert_eq!(prefix.bounds(), (0x0a00_0000, 0x0aff_ffff));
        assert_eq!("::/0".parse::<Prefix>().unwrap().bounds(), (0, u128::MAX));
    }
}
