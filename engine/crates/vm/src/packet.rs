//! IP and UDP headers: parsing what arrives and building what a program sees or a challenge sends.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Bytes of IP packet a program can see (`packet_buffer` of the ABI).
pub const MAX_IP_PACKET: usize = 1500;
const UDP: u8 = 17;
const UDP_HEADER: usize = 8;
const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;

/// Source and destination of a UDP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Flow {
    pub src: IpAddr,
    pub src_port: u16,
    pub dst: IpAddr,
    pub dst_port: u16,
}

impl Flow {
    /// The flow of an answer.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self {
            src: self.dst,
            src_port: self.dst_port,
            dst: self.src,
            dst_port: self.src_port,
        }
    }
}

/// What an IP packet is to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed<'a> {
    Udp {
        flow: Flow,
        ip_header_length: usize,
        payload: &'a [u8],
    },
    /// Another protocol, a later fragment, or a first fragment: there is no whole UDP datagram to look at.
    NotUdp,
    /// More than [`MAX_IP_PACKET`] bytes.
    TooLarge,
    /// Lengths that contradict each other or the bytes present.
    Malformed,
}

/// What the headers of a UDP packet say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headers {
    pub flow: Flow,
    /// Bytes before the UDP header.
    pub ip_length: usize,
}

impl Parsed<'_> {
    /// The headers of a packet that programs see; None for any other.
    #[must_use]
    #[inline]
    pub fn headers(&self) -> Option<Headers> {
        match self {
            Self::Udp {
                flow,
                ip_header_length,
                ..
            } => Some(Headers {
                flow: *flow,
                ip_length: *ip_header_length,
            }),
            _ => None,
        }
    }
}

fn be16(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

/// Reads the headers of an IPv4 (with options) or IPv6 packet that starts at its IP header.
///
/// IPv6 extension headers (RFC 8200, section 4: hop-by-hop, routing, destination options) are walked; they count as
/// part of `ip_header_length`.
#[must_use]
#[inline]
pub fn parse(packet: &[u8]) -> Parsed<'_> {
    match packet.first().map(|byte| byte >> 4) {
        Some(4) => parse_v4(packet),
        Some(6) => parse_v6(packet),
        _ => Parsed::Malformed,
    }
}

#[inline]
fn parse_v4(packet: &[u8]) -> Parsed<'_> {
    if packet.len() < 20 {
        return Parsed::Malformed;
    }
    let header = usize::from(packet[0] & 15) * 4;
    let total = usize::from(be16(packet, 2));
    if header < 20 || total < header || total > packet.len() {
        return Parsed::Malformed;
    }
    let fragment = be16(packet, 6) & 0x3fff;
    if packet[9] != UDP || fragment != 0 {
        return Parsed::NotUdp;
    }
    let address = |at: usize| {
        IpAddr::V4(Ipv4Addr::new(
            packet[at],
            packet[at + 1],
            packet[at + 2],
            packet[at + 3],
        ))
    };
    udp(&packet[..total], header, address(12), address(16))
}

fn parse_v6(packet: &[u8]) -> Parsed<'_> {
    if packet.len() < 40 {
        return Parsed::Malformed;
    }
    let total = 40 + usize::from(be16(packet, 4));
    if total > packet.len() {
        return Parsed::Malformed;
    }
    let (mut next, mut at) = (packet[6], 40);
    while matches!(next, 0 | 43 | 60) {
        if at + 8 > total {
            return Parsed::Malformed;
        }
        next = packet[at];
        at += (usize::from(packet[at + 1]) + 1) * 8;
    }
    if next != UDP {
        return Parsed::NotUdp;
    }
    if at > total {
        return Parsed::Malformed;
    }
    let address = |at: usize| {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&packet[at..at + 16]);
        IpAddr::V6(Ipv6Addr::from(bytes))
    };
    udp(&packet[..total], at, address(8), address(24))
}

#[inline]
fn udp(packet: &[u8], header: usize, src: IpAddr, dst: IpAddr) -> Parsed<'_> {
    if packet.len() < header + UDP_HEADER {
        return Parsed::Malformed;
    }
    let length = usize::from(be16(packet, header + 4));
    if length < UDP_HEADER || header + length > packet.len() {
        return Parsed::Malformed;
    }
    if packet.len() > MAX_IP_PACKET {
        return Parsed::TooLarge;
    }
    Parsed::Udp {
        flow: Flow {
            src,
            src_port: be16(packet, header),
            dst,
            dst_port: be16(packet, header + 2),
        },
        ip_header_length: header,
        payload: &packet[header + UDP_HEADER..header + length],
    }
}

/// An IP packet with `payload` in UDP from `flow.src` to `flow.dst`, checksums set. See [`write_udp`].
///
/// A payload that does not fit the 16-bit length field is cut to 65,000 bytes.
#[must_use]
pub fn build_udp(flow: &Flow, payload: &[u8]) -> Vec<u8> {
    let payload = &payload[..payload.len().min(65_000)];
    let mut packet = vec![0; IPV6_HEADER + UDP_HEADER + payload.len()];
    let length = write_udp(&mut packet, flow, payload).map_or(0, |(length, _)| length);
    packet.truncate(length);
    packet
}

/// Writes an IP packet with `payload` to the start of `buffer`, and gives its length and that of its IP header. A flow of
/// mixed families is written as IPv6 with mapped addresses.
///
/// None where the packet is longer than `buffer` or than its own length fields can say: nothing is written then.
pub fn write_udp(buffer: &mut [u8], flow: &Flow, payload: &[u8]) -> Option<(usize, usize)> {
    let header = match (flow.src, flow.dst) {
        (IpAddr::V4(_), IpAddr::V4(_)) => IPV4_HEADER,
        _ => IPV6_HEADER,
    };
    let total = header + UDP_HEADER + payload.len();
    let total_field = u16::try_from(total).ok()?;
    let packet = buffer.get_mut(..total)?;
    let udp_field = total_field - header as u16;
    let (ip, udp) = packet.split_at_mut(header);
    let addresses = match (flow.src, flow.dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            ip[..12].copy_from_slice(&[0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, UDP, 0, 0]);
            ip[2..4].copy_from_slice(&total_field.to_be_bytes());
            ip[12..16].copy_from_slice(&src.octets());
            ip[16..20].copy_from_slice(&dst.octets());
            let sum = internet_checksum(ip);
            ip[10..12].copy_from_slice(&sum.to_be_bytes());
            &ip[12..]
        }
        (src, dst) => {
            ip[..8].copy_from_slice(&[0x60, 0, 0, 0, 0, 0, UDP, 64]);
            ip[4..6].copy_from_slice(&udp_field.to_be_bytes());
            ip[8..24].copy_from_slice(&mapped(src));
            ip[24..40].copy_from_slice(&mapped(dst));
            &ip[8..]
        }
    };
    udp[..2].copy_from_slice(&flow.src_port.to_be_bytes());
    udp[2..4].copy_from_slice(&flow.dst_port.to_be_bytes());
    udp[4..6].copy_from_slice(&udp_field.to_be_bytes());
    udp[6..8].fill(0);
    udp[UDP_HEADER..].copy_from_slice(payload);
    let pseudo = sum_of(addresses, u64::from(UDP) + u64::from(udp_field));
    let sum = match checksum(sum_of(udp, pseudo)) {
        0 => 0xffff,
        sum => sum,
    };
    udp[6..8].copy_from_slice(&sum.to_be_bytes());
    Some((total, header))
}

fn mapped(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

/// The sum of `bytes` and `start`, whose lowest 16 bits count as the sum's: any width of addition folds to the same
/// checksum (RFC 1071, section 2 B).
fn sum_of(bytes: &[u8], start: u64) -> u64 {
    let mut sum = start;
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        sum += u64::from(u32::from_be_bytes(*word));
    }
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    sum + u64::from(u32::from_be_bytes(last))
}

/// The Internet checksum (RFC 1071) of `bytes`: 0 where they hold their own, right, checksum.
#[must_use]
pub fn internet_checksum(bytes: &[u8]) -> u16 {
    checksum(sum_of(bytes, 0))
}

/// The Internet checksum of a running sum.
fn checksum(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(src: &str, dst: &str) -> Flow {
        Flow {
            src: src.parse().unwrap(),
            src_port: 1234,
            dst: dst.parse().unwrap(),
            dst_port: 7777,
        }
    }

    #[test]
    fn what_is_built_is_parsed() {
        for flow in [flow("127.0.0.1", "10.0.0.2"), flow("::1", "2001:db8::1")] {
            for payload in [&b""[..], b"x", b"hello"] {
                let packet = build_udp(&flow, payload);
                let Parsed::Udp {
                    flow: seen,
                    payload: got,
                    ..
                } = parse(&packet)
                else {
                    panic!("{packet:?}");
                };
                assert_eq!((seen, got), (flow, payload));
            }
        }
    }

    #[test]
    fn checksums_verify_at_every_length() {
        let payload: Vec<u8> = (56..=255).collect();
        for flow in [flow("127.0.0.1", "10.0.0.2"), flow("::1", "2001:db8::1")] {
            for length in 0..payload.len() {
                let packet = build_udp(&flow, &payload[..length]);
                let header = packet.len() - UDP_HEADER - length;
                let addresses = &packet[if header == 20 { 12 } else { 8 }..header];
                // RFC 768, the plain way: 16 bits at a time.
                let udp = [0, UDP, 0, 0]
                    .iter()
                    .copied()
                    .chain(((8 + length) as u16).to_be_bytes());
                let mut all: Vec<u8> = addresses.iter().copied().chain(udp).collect();
                all.extend_from_slice(&packet[header..]);
                let sum: u32 = all
                    .chunks(2)
                    .map(|pair| {
                        u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low))
                    })
                    .sum();
                assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff, "{length}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_not_written() {
        let flow = flow("127.0.0.1", "10.0.0.2");
        let mut buffer = [9; 40];
        assert_eq!(write_udp(&mut buffer, &flow, &[1; 13]), None);
        assert_eq!(buffer, [9; 40]);
        assert_eq!(write_udp(&mut buffer, &flow, &[1; 12]), Some((40, 20)));
        let mut large = vec![0; 70_000];
        assert_eq!(write_udp(&mut large, &flow, &[1; 65_508]), None);
        assert_eq!(build_udp(&flow, &[1; 70_000]).len(), 65_028);
    }

    #[test]
    fn the_ipv4_header_checksum_verifies() {
        let packet = build_udp(&flow("127.0.0.1", "10.0.0.2"), b"hello");
        assert_eq!(checksum(sum_of(&packet[..20], 0)), 0);
    }

    #[test]
    fn ipv4_options_count_as_header() {
        let mut packet = build_udp(&flow("127.0.0.1", "10.0.0.2"), b"hi");
        packet.splice(20..20, [1, 1, 1, 1]);
        packet[0] = 0x46;
        let total = packet.len() as u16;
        packet[2..4].copy_from_slice(&total.to_be_bytes());
        assert!(matches!(
            parse(&packet),
            Parsed::Udp {
                ip_header_length: 24,
                payload: b"hi",
                ..
            }
        ));
    }

    #[test]
    fn rubbish_never_panics_and_large_is_said() {
        let packet = build_udp(&flow("127.0.0.1", "10.0.0.2"), &[0; 1473]);
        assert_eq!(parse(&packet), Parsed::TooLarge);
        let mut seed = 7u64;
        for _ in 0..20_000 {
            let mut bytes = build_udp(&flow("::1", "::2"), b"abc");
            for _ in 0..4 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = (seed >> 33) as usize % bytes.len();
                bytes[at] = (seed >> 24) as u8;
            }
            bytes.truncate((seed >> 40) as usize % (bytes.len() + 1));
            let _ = parse(&bytes);
        }
    }
}
