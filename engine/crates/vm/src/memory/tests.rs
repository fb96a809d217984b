//! What programs find in their memory, and what they do not.

use super::*;
use crate::packet::build_udp;
use crate::program::{Insn, Rodata};

fn window(memory: &Memory) -> &[u8] {
    memory.read(BASE + PACKET as u64, PACKET_BYTES).unwrap()
}

fn holds(memory: &Memory, packet: &[u8]) -> bool {
    let (start, rest) = window(memory)[BUFFER..].split_at(packet.len());
    start == packet && rest.iter().all(|byte| *byte == 0)
}

#[test]
fn nothing_of_earlier_packets_is_left() {
    let mut memory = Memory::new(&Program::default());
    for length in [1500, 10, 64, 63, 65, 0, 1499, 128, 130, 1] {
        let packet: Vec<u8> = (0..length).map(|byte| byte as u8 | 1).collect();
        memory.set_packet(&packet, 20);
        assert!(holds(&memory, &packet), "{length}");
        // What a program leaves anywhere in the window is gone with the next packet.
        let at = BASE + (PACKET + 700 + length / 2) as u64;
        memory.write(at, 9).unwrap().fill(0xff);
    }
}

#[test]
fn a_datagram_is_written_where_the_packet_is() {
    let mut memory = Memory::new(&Program::default());
    let flow = Flow {
        src: [10, 0, 0, 1].into(),
        src_port: 4000,
        dst: [10, 1, 0, 1].into(),
        dst_port: 7777,
    };
    for length in [1472, 3, 700, 0] {
        let payload = vec![7; length];
        assert!(memory.put_udp(&flow, &payload));
        let packet = build_udp(&flow, &payload);
        assert_eq!(window(&memory)[..8], (packet.len() as u64).to_le_bytes());
        assert_eq!(window(&memory)[8..16], 20u64.to_le_bytes());
        assert!(holds(&memory, &packet), "{length}");
        assert!(!memory.put_udp(&flow, &[9; 1473]));
        assert!(holds(&memory, &packet), "{length}");
    }
}

#[test]
fn a_packet_too_long_is_cut() {
    let mut memory = Memory::new(&Program::default());
    memory.set_packet(&[7; 2000], 20);
    assert_eq!(window(&memory)[..8], 1500u64.to_le_bytes());
    assert!(holds(&memory, &[7; 1500]));
}

#[test]
fn the_stack_is_cleared_as_far_as_it_is_used() {
    let insn = |op, dst, src, off, imm| Insn {
        op,
        dst,
        src,
        off,
        imm,
    };
    let program = Program {
        insns: vec![
            insn(0xbf, 1, 10, 0, 0),
            insn(0x07, 1, 0, 0, -40),
            insn(0x85, 0, 1, 0, 0),
        ],
        ..Program::default()
    };
    let mut memory = Memory::new(&program);
    for depth in 0..FRAMES {
        let at = memory.frame_pointer(depth) - 40;
        memory.write(at, 40).unwrap().fill(9);
        memory.set_packet(b"", 20);
        assert_eq!(memory.read(at, 40).unwrap(), [0; 40], "{depth}");
    }
}

#[test]
fn regions_end_where_they_end() {
    let program = Program {
        rodata: vec![Rodata {
            name: ".rodata".to_owned(),
            bytes: vec![5; 30],
        }],
        ..Program::default()
    };
    let mut memory = Memory::new(&program);
    let section = memory.section_address(0).unwrap();
    assert_eq!(memory.read(section, 32).unwrap()[..30], [5; 30]);
    let packet = BASE + PACKET as u64;
    for (address, length) in [
        (section, 33),
        (section - 1, 1),
        (packet + PACKET_BYTES as u64, 1),
        (packet - 1, 1),
        (memory.context_address(), CONTEXT_BYTES + 1),
        (memory.frame_pointer(0), 1),
        (memory.frame_pointer(FRAMES) - 1, 1),
        (0, 1),
        (u64::MAX, 2),
        (packet, usize::MAX),
    ] {
        let bad = BadAccess { address, length };
        assert_eq!(memory.read(address, length), Err(bad));
        assert_eq!(memory.write(address, length).err(), Some(bad));
    }
    for read_only in [section, memory.context_address()] {
        assert!(memory.write(read_only, 1).is_err());
    }
}
