//! Packets for each program: most are what it lets through, some are not, in the ways that it tests for.

use flowprotect_vm::packet::{Flow, Parsed, build_udp, parse};
use hmac::{Mac, SimpleHmac};
use sha2::Sha256;

use crate::KEY;

pub const PACKETS: usize = 4096;

/// A packet as the engines get it.
pub struct Packet {
    pub bytes: Vec<u8>,
    pub flow: Flow,
    pub header: usize,
}

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

fn mac(data: &[u8]) -> Vec<u8> {
    let mac = <SimpleHmac<Sha256> as Mac>::new_from_slice(&KEY).expect("any key will do");
    mac.chain_update(data).finalize().into_bytes().to_vec()
}

/// The traffic of program `name`.
pub fn packets(name: &str) -> Vec<Packet> {
    let mut random = Random(7);
    (0..PACKETS)
        .map(|_| {
            let flow = Flow {
                src: [10, 0, 0, random.below(32) as u8].into(),
                src_port: 1024 + random.below(4) as u16,
                dst: [10, 1, 0, 1].into(),
                dst_port: 7777,
            };
            let good = random.below(4) > 0;
            let payload = payload(name, good, &flow, &mut random);
            let bytes = build_udp(&flow, &payload);
            let Parsed::Udp {
                ip_header_length, ..
            } = parse(&bytes)
            else {
                unreachable!("it was just built");
            };
            Packet {
                bytes,
                flow,
                header: ip_header_length,
            }
        })
        .collect()
}

fn payload(name: &str, good: bool, flow: &Flow, random: &mut Random) -> Vec<u8> {
    let noise = |random: &mut Random, length: usize| -> Vec<u8> {
        (0..length).map(|_| random.next() as u8).collect()
    };
    match name {
        "token" => {
            let mut payload = noise(random, 72);
            payload[..12].copy_from_slice(b"1TOK\x02abc\x44\x33\x22\x11");
            if !good {
                let at = random.below(12);
                payload[at] ^= 1 << random.below(8);
                payload.truncate(if random.below(4) == 0 { 10 } else { 72 });
            }
            payload
        }
        "cookie" => {
            let mut game = noise(random, 44);
            game[..8].copy_from_slice(b"FPG1\x01\x01\0\0");
            let std::net::IpAddr::V4(source) = flow.src else {
                unreachable!("all are IPv4");
            };
            let mut known = [0; 8];
            known[..4].copy_from_slice(&source.octets());
            known[4..6].copy_from_slice(&flow.src_port.to_be_bytes());
            game[16..24].copy_from_slice(&mac(&known)[..8]);
            if !good {
                let at = random.below(24);
                game[at] ^= 1 << random.below(8);
            }
            game
        }
        "sip" => {
            let method = if good {
                ["INVITE", "OPTIONS", "REGISTER"][random.below(3)]
            } else {
                "BYE"
            };
            let mut text = format!("{method} sip:user@example.com SIP/2.0\r\n");
            for header in 0..2 + random.below(6) {
                text += &format!("X-Header-{header}: {}\r\n", "x".repeat(random.below(40)));
            }
            if random.below(8) > 0 {
                text += "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK776asdhds\r\n";
            }
            (text + "Content-Length: 5\r\n\r\nv=0\r\n").into_bytes()
        }
        "crypto" => {
            let mut payload = noise(random, 40);
            let mac = mac(&payload[..32]);
            payload[32..36].copy_from_slice(&mac[..4]);
            if !good {
                payload[33] ^= 1;
            }
            payload
        }
        "tlv" => {
            let mut payload = Vec::new();
            for _ in 0..4 + random.below(12) {
                let length = 3 + random.below(20);
                payload.extend([1 + random.below(20) as u8, length as u8]);
                payload.extend(noise(random, length));
            }
            payload.extend([if good { 0 } else { 99 }, 0]);
            payload
        }
        _ => {
            let length = 64 + random.below(64);
            noise(random, length)
        }
    }
}
