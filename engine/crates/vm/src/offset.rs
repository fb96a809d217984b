//! Where the IP header of a captured packet starts: known from the link type, or guessed from the packets themselves.

use crate::packet::internet_checksum;

/// Highest offset that is tried.
pub const MAX_GUESS: usize = 64;
/// Packets of a link type that are looked at.
const SAMPLE: usize = 64;
/// Bytes that may follow an IP packet: an Ethernet frame is padded to 60 bytes and may end with a checksum.
const MAX_TRAILER: usize = 46;

/// Whether packets of link type `link` say themselves where their IP header starts, see [`ip_offset`].
#[must_use]
pub fn is_known(link: u32) -> bool {
    matches!(link, 0 | 1 | 12 | 14 | 101 | 108 | 113 | 228 | 229 | 276)
}

/// Where the IP header of a packet of link type `link` starts; None where there is no IP in it.
#[must_use]
pub fn ip_offset(link: u32, data: &[u8]) -> Option<usize> {
    let ether = |mut at: usize| {
        let be16 = |at: usize| Some(u16::from_be_bytes(data.get(at..at + 2)?.try_into().ok()?));
        for _ in 0..3 {
            match be16(at)? {
                0x8100 | 0x88a8 | 0x9100 => at += 4,
                0x0800 | 0x86dd => return Some(at + 2),
                _ => return None,
            }
        }
        None
    };
    match link {
        1 => ether(12),
        12 | 14 | 101 | 228 | 229 => Some(0),
        0 | 108 => Some(4),
        113 => ether(14),
        276 => ether(0).map(|_| 20),
        _ => None,
    }
}

/// Guesses the offset from the first packets of a link type that is not known, of which [`SAMPLE`] are looked at.
///
/// It is the one of 0..=[`MAX_GUESS`] at which most of them are consistent IP, the lowest such, and none where fewer
/// than a quarter of them are.
#[must_use]
pub fn guess<'a>(packets: impl Iterator<Item = &'a [u8]>) -> Option<usize> {
    let sample: Vec<&[u8]> = packets.take(SAMPLE).collect();
    let count = |offset: usize| {
        sample
            .iter()
            .filter(|data| data.get(offset..).is_some_and(is_consistent))
            .count()
    };
    let (matches, std::cmp::Reverse(offset)) = (0..=MAX_GUESS)
        .map(|offset| (count(offset), std::cmp::Reverse(offset)))
        .max()?;
    (matches > 0 && matches * 4 >= sample.len()).then_some(offset)
}

/// Whether `data` starts with an IP header whose lengths fit and, for IPv4, whose checksum is right.
fn is_consistent(data: &[u8]) -> bool {
    let be16 = |at: usize| usize::from(u16::from_be_bytes([data[at], data[at + 1]]));
    let total = match data.first().map(|byte| byte >> 4) {
        Some(4) if data.len() >= 20 => {
            let header = usize::from(data[0] & 15) * 4;
            if header < 20 || be16(2) < header || header > data.len() {
                return false;
            }
            if internet_checksum(&data[..header]) != 0 {
                return false;
            }
            be16(2)
        }
        // The extension headers and protocols of RFC 8200, TCP, UDP and ICMPv6: a version nibble alone proves little.
        Some(6) if data.len() >= 40 && matches!(data[6], 0 | 6 | 17 | 43 | 44 | 58 | 60) => {
            40 + be16(4)
        }
        _ => return false,
    };
    total <= data.len() && data.len() - total <= MAX_TRAILER
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{Flow, build_udp};

    fn packet(source: &str) -> Vec<u8> {
        let flow = Flow {
            src: source.parse().unwrap(),
            src_port: 1,
            dst: source.parse().unwrap(),
            dst_port: 2,
        };
        build_udp(&flow, b"hello")
    }

    fn guessed(packets: &[Vec<u8>]) -> Option<usize> {
        guess(packets.iter().map(Vec::as_slice))
    }

    #[test]
    fn the_ip_header_is_found() {
        let mut vlan = vec![0; 12];
        vlan.extend([0x81, 0, 0, 5, 8, 0, 0x45]);
        assert_eq!(ip_offset(1, &vlan), Some(18));
        assert_eq!(ip_offset(1, &vlan[..13]), None);
        assert_eq!(ip_offset(101, b""), Some(0));
    }

    #[test]
    fn an_unknown_link_type_is_guessed_from_its_packets() {
        for source in ["10.1.2.3", "2001:db8::7"] {
            for offset in [0, 7, 33, MAX_GUESS] {
                // 0x45 before the header looks like one, but its checksum is wrong.
                let mut framed = vec![0x45; offset];
                framed.extend(packet(source));
                let noise = vec![0xaa; 90];
                assert_eq!(guessed(&[noise, framed.clone(), framed]), Some(offset));
            }
        }
    }

    #[test]
    fn nothing_is_guessed_from_noise_or_too_far_in() {
        assert_eq!(guessed(&[vec![0x45; 100], vec![0x66; 100], vec![]]), None);
        let mut far = vec![0; MAX_GUESS + 1];
        far.extend(packet("10.1.2.3"));
        assert_eq!(guessed(&[far]), None);
    }
}
