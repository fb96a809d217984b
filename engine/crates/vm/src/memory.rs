//! A program's memory: four regions at virtual addresses, every access checked. Programs never see a host address.

use crate::program::Program;

/// Bytes of `struct cf_ebpf_packet_data`.
pub const PACKET_BYTES: usize = 1520;
/// Bytes of one stack frame.
pub const FRAME_BYTES: usize = 2048;
/// Frames a call chain may have.
pub const FRAMES: usize = 4;

const CONTEXT: u64 = 0x1_0000;
const STACK: u64 = 0x2_0000;
const PACKET: u64 = 0x3_0000;
const RODATA: u64 = 0x4_0000;
const STACK_BYTES: usize = FRAME_BYTES * FRAMES;
/// Where `packet_buffer` starts in `struct cf_ebpf_packet_data`.
const BUFFER: usize = 16;

/// An access outside every region, or a store to what is read-only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadAccess {
    pub address: u64,
    pub length: usize,
}

/// The regions of one instance.
#[derive(Debug)]
pub struct Memory {
    context: [u8; 24],
    stack: Box<[u8; STACK_BYTES]>,
    packet: Box<[u8; PACKET_BYTES]>,
    rodata: Vec<u8>,
    sections: Vec<u64>,
}

impl Memory {
    #[must_use]
    pub fn new(program: &Program) -> Self {
        let mut rodata = Vec::new();
        let mut sections = Vec::new();
        for section in &program.rodata {
            sections.push(RODATA + rodata.len() as u64);
            rodata.extend_from_slice(&section.bytes);
            // A gap of the alignment keeps a walk off one section from landing in the next unnoticed.
            rodata.resize(rodata.len().next_multiple_of(16), 0);
        }
        Self {
            context: [0; 24],
            stack: Box::new([0; STACK_BYTES]),
            packet: Box::new([0; PACKET_BYTES]),
            rodata,
            sections,
        }
    }

    /// Puts an IP packet of at most 1,500 bytes into the window; what is beyond it is zero.
    pub fn set_packet(&mut self, packet: &[u8], ip_header_length: usize) {
        let length = packet.len().min(PACKET_BYTES - BUFFER - 4);
        // Programs may write to the whole window, so all of it is set anew.
        self.packet[..8].copy_from_slice(&(length as u64).to_le_bytes());
        self.packet[8..16].copy_from_slice(&(ip_header_length as u64).to_le_bytes());
        self.packet[BUFFER..BUFFER + length].copy_from_slice(&packet[..length]);
        self.packet[BUFFER + length..].fill(0);
        self.stack.fill(0);
        for (slot, value) in [PACKET, PACKET + PACKET_BYTES as u64, PACKET]
            .into_iter()
            .enumerate()
        {
            self.context[slot * 8..slot * 8 + 8].copy_from_slice(&value.to_le_bytes());
        }
    }

    /// The address of the context, which a program gets in r1.
    #[must_use]
    pub fn context_address(&self) -> u64 {
        CONTEXT
    }

    /// The frame pointer (r10) at call depth `depth`, 0 for the entry function.
    #[must_use]
    pub fn frame_pointer(&self, depth: usize) -> u64 {
        STACK + (STACK_BYTES - depth * FRAME_BYTES) as u64
    }

    /// The address of read-only section `index`.
    #[must_use]
    pub fn section_address(&self, index: usize) -> Option<u64> {
        self.sections.get(index).copied()
    }

    /// The bytes at `address`.
    ///
    /// # Errors
    /// [`BadAccess`] where any byte lies outside the regions.
    pub fn read(&self, address: u64, length: usize) -> Result<&[u8], BadAccess> {
        let bad = BadAccess { address, length };
        let offset = (address & 0xffff) as usize;
        let region: &[u8] = match address & !0xffff {
            CONTEXT => &self.context,
            STACK => &self.stack[..],
            PACKET => &self.packet[..],
            _ if address >= RODATA => {
                let start = usize::try_from(address - RODATA).map_err(|_| bad)?;
                let end = start.checked_add(length).ok_or(bad)?;
                return self.rodata.get(start..end).ok_or(bad);
            }
            _ => return Err(bad),
        };
        let end = offset.checked_add(length).ok_or(bad)?;
        region.get(offset..end).ok_or(bad)
    }

    /// The bytes at `address`, to be written: stack or packet only.
    ///
    /// # Errors
    /// [`BadAccess`] where any byte lies outside those two.
    pub fn write(&mut self, address: u64, length: usize) -> Result<&mut [u8], BadAccess> {
        let bad = BadAccess { address, length };
        let offset = (address & 0xffff) as usize;
        let region: &mut [u8] = match address & !0xffff {
            STACK => &mut self.stack[..],
            PACKET => &mut self.packet[..],
            _ => return Err(bad),
        };
        let end = offset.checked_add(length).ok_or(bad)?;
        region.get_mut(offset..end).ok_or(bad)
    }
}
