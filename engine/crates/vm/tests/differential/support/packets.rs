//! Random packets.

use flowprotect_vm::packet::{Flow, build_udp};

use super::random::Random;

/// Random UDP packets of a few flows.
pub fn packets(random: &Random, count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|_| packet(random)).collect()
}

fn packet(random: &Random) -> Vec<u8> {
    let flow = Flow {
        src: [127, 0, 0, random.below(3) as u8].into(),
        src_port: random.below(3) as u16,
        dst: [127, 0, 0, 1].into(),
        dst_port: 53,
    };
    let length = if random.one_in(4) {
        random.below(1472)
    } else {
        random.below(80)
    };
    let payload: Vec<u8> = (0..length).map(|_| random.byte()).collect();
    build_udp(&flow, &payload)
}
