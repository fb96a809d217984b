//! Sets of addresses and ports as sorted ranges that do not touch, searched by halving.

use std::net::IpAddr;

use crate::prefix::number;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AddressSet {
    v4: Vec<(u128, u128)>,
    v6: Vec<(u128, u128)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PortSet(Vec<(u128, u128)>);

impl AddressSet {
    /// Both ends belong to the range and are of one family.
    pub fn add(&mut self, is_v4: bool, range: (u128, u128)) {
        if is_v4 {
            self.v4.push(range);
        } else {
            self.v6.push(range);
        }
    }

    pub fn finish(mut self) -> Self {
        merge(&mut self.v4);
        merge(&mut self.v6);
        self
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        let ranges = if address.is_ipv4() {
            &self.v4
        } else {
            &self.v6
        };
        holds(ranges, number(address))
    }
}

impl PortSet {
    pub fn add(&mut self, low: u16, high: u16) {
        self.0.push((u128::from(low), u128::from(high)));
    }

    pub fn finish(mut self) -> Self {
        merge(&mut self.0);
        self
    }

    pub fn contains(&self, port: u16) -> bool {
        holds(&self.0, u128::from(port))
    }
}

fn merge(ranges: &mut Vec<(u128, u128)>) {
    ranges.sort_unstable();
    let mut kept: Vec<(u128, u128)> = Vec::with_capacity(ranges.len());
    for (low, high) in ranges.drain(..) {
        match kept.last_mut() {
            Some(last) if low <= last.1 => last.1 = last.1.max(high),
            _ => kept.push((low, high)),
        }
    }
    *ranges = kept;
}

fn holds(ranges: &[(u128, u128)], value: u128) -> bool {
    let after = ranges.partition_point(|(low, _)| *low <= value);
    after > 0 && ranges[after - 1].1 >= value
}
