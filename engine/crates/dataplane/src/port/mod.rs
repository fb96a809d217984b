//! Traffic ports: where packets come in and go out. One file a kind of port.

mod address;
mod batch;
mod flows;
pub mod limits;
mod random;
pub mod relay;
mod socket;
mod worker;

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use crate::error::DataplaneError;

/// Local ports of upstream sockets: below Linux's usual ephemeral range (32768–60999) and above most services.
const UPSTREAM_PORTS: RangeInclusive<u16> = 20_000..=32_767;
const MAX_FLOWS: usize = 12_000;
/// Some 20,000 small packets: what a port decides on in 50 ms or so. More would take longer bursts, and would make
/// players wait longer for their turn in a flood.
const RECEIVE_BUFFER: usize = 8 << 20;
const IDLE: Duration = Duration::from_secs(60);

/// A relay from a listening address to an upstream one.
///
/// Written `relay:127.0.0.1:7777->127.0.0.1:7778`, addresses as `1.2.3.4:5` or `[::1]:5`, with options after a `?`:
/// `ports=20000-32767` (local ports towards upstream, as long as they are free), `flows=12000` (most flows), `idle=60` (seconds),
/// `buffer=8388608` (bytes of the clients' receive queue that are asked for).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortSpec {
    pub listen: SocketAddr,
    pub upstream: SocketAddr,
    pub upstream_ports: RangeInclusive<u16>,
    pub max_flows: usize,
    pub idle: Duration,
    pub receive_buffer: usize,
}

impl PortSpec {
    #[must_use]
    pub fn relay(listen: SocketAddr, upstream: SocketAddr) -> Self {
        Self {
            listen,
            upstream,
            upstream_ports: UPSTREAM_PORTS,
            max_flows: MAX_FLOWS,
            idle: IDLE,
            receive_buffer: RECEIVE_BUFFER,
        }
    }
}

impl FromStr for PortSpec {
    type Err = DataplaneError;

    fn from_str(text: &str) -> Result<Self, DataplaneError> {
        let wrong = |what: &str| {
            DataplaneError::new(
                "port.syntax",
                format!("`{text}`: {what}, expected relay:ADDRESS:PORT->ADDRESS:PORT"),
            )
        };
        let rest = text
            .strip_prefix("relay:")
            .ok_or_else(|| wrong("not a known kind of port"))?;
        let (route, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (listen, upstream) = route.split_once("->").ok_or_else(|| wrong("no `->`"))?;
        let address = |text: &str| {
            text.trim()
                .parse::<SocketAddr>()
                .map_err(|_| wrong(&format!("`{text}` is not an address with a port")))
        };
        let mut spec = Self::relay(address(listen)?, address(upstream)?);
        if spec.upstream.port() == 0 || spec.upstream.ip().is_unspecified() {
            return Err(wrong("the upstream needs an address and a port"));
        }
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let bad = || wrong(&format!("`{option}` is not a known option"));
            let (name, value) = option.split_once('=').ok_or_else(bad)?;
            match name {
                "ports" => {
                    let (low, high) = value.split_once('-').ok_or_else(bad)?;
                    let low: u16 = low.parse().map_err(|_| bad())?;
                    let high: u16 = high.parse().map_err(|_| bad())?;
                    if low == 0 || low > high {
                        return Err(bad());
                    }
                    spec.upstream_ports = low..=high;
                }
                "flows" => {
                    spec.max_flows = value.parse().map_err(|_| bad())?;
                    if spec.max_flows == 0 {
                        return Err(bad());
                    }
                }
                "idle" => {
                    let seconds: u64 = value.parse().map_err(|_| bad())?;
                    if !(1..=86_400).contains(&seconds) {
                        return Err(bad());
                    }
                    spec.idle = Duration::from_secs(seconds);
                }
                "buffer" => {
                    spec.receive_buffer = value.parse().map_err(|_| bad())?;
                    if !(4_096..=1 << 30).contains(&spec.receive_buffer) {
                        return Err(bad());
                    }
                }
                _ => return Err(bad()),
            }
        }
        Ok(spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_are_read() {
        let spec: PortSpec = "relay:127.0.0.1:7777->127.0.0.1:7778".parse().unwrap();
        assert_eq!(spec.listen, "127.0.0.1:7777".parse().unwrap());
        assert_eq!((spec.max_flows, spec.idle), (MAX_FLOWS, IDLE));
        let spec: PortSpec =
            "relay:[::]:7777->[::1]:7778?flows=5&idle=3&ports=21000-21999&buffer=65536"
                .parse()
                .unwrap();
        assert_eq!(spec.upstream, "[::1]:7778".parse().unwrap());
        assert_eq!(spec.upstream_ports, 21_000..=21_999);
        assert_eq!((spec.max_flows, spec.idle.as_secs()), (5, 3));
        assert_eq!(spec.receive_buffer, 65_536);
    }

    #[test]
    fn wrong_specs_are_refused() {
        for text in [
            "",
            "relay:",
            "xdp:eth0->eth1",
            "relay:127.0.0.1:1",
            "relay:127.0.0.1->127.0.0.1:1",
            "relay:127.0.0.1:1->127.0.0.1:0",
            "relay:127.0.0.1:1->0.0.0.0:5",
            "relay:127.0.0.1:1->127.0.0.1:65536",
            "relay:localhost:1->127.0.0.1:5",
            "relay:127.0.0.1:1->127.0.0.1:5?flows=0",
            "relay:127.0.0.1:1->127.0.0.1:5?idle=x",
            "relay:127.0.0.1:1->127.0.0.1:5?ports=9-8",
            "relay:127.0.0.1:1->127.0.0.1:5?buffer=5",
            "relay:127.0.0.1:1->127.0.0.1:5?colour=red",
        ] {
            let error = text.parse::<PortSpec>().expect_err(text);
            assert_eq!(error.code, "port.syntax", "{text}");
        }
    }
}
