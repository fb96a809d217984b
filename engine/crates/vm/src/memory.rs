//! A program's memory: four regions at virtual addresses. Programs never see a host address.
//!
//! Here every access is checked against the regions; compiled code reaches the same bytes through masks (see [`arena`]).
//!
//! [`arena`]: crate::arena

use crate::arena::{self, Arena, BASE, RODATA};
use crate::packet::{Flow, MAX_IP_PACKET, write_udp};
use crate::program::Program;

/// Bytes of `struct cf_ebpf_packet_data`.
pub const PACKET_BYTES: usize = 1520;
/// Bytes of one stack frame.
pub const FRAME_BYTES: usize = 2048;
/// Frames a call chain may have.
pub const FRAMES: usize = 4;
/// Bytes of `struct cf_ebpf_generic_ctx`.
pub const CONTEXT_BYTES: usize = 24;

const STACK: usize = 0x4000;
const STACK_BYTES: usize = FRAME_BYTES * FRAMES;
/// The context and the packet share a page behind the stack's busiest one.
pub const CONTEXT: usize = STACK + STACK_BYTES + 0x40;
/// Where the packet's structure is.
pub const PACKET: usize = CONTEXT + 0x40;
/// Bytes that are copied or cleared at once.
const CHUNK: usize = 64;
/// Where `packet_buffer` starts in `struct cf_ebpf_packet_data`.
pub const BUFFER: usize = 16;
/// The address of the packet's structure.
pub const PACKET_ADDRESS: u64 = BASE + PACKET as u64;
/// What a context says: where the packet starts and ends, and where its metadata is.
pub const CONTEXT_VALUES: [u64; 3] = [
    PACKET_ADDRESS,
    PACKET_ADDRESS + PACKET_BYTES as u64,
    PACKET_ADDRESS,
];

/// An access outside every region, or a store to what is read-only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadAccess {
    pub address: u64,
    pub length: usize,
}

/// The regions of one instance.
#[derive(Debug)]
pub struct Memory {
    arena: Arena,
    rodata: usize,
    sections: Vec<u64>,
    /// Stack bytes below a frame pointer that a program may use, and frames that it may have.
    stack: (usize, usize),
    /// The packet's structure is zero from here on.
    dirty: usize,
}

impl Memory {
    #[must_use]
    pub fn new(program: &Program) -> Self {
        Self::coloured(program, 0)
    }

    /// The memory with number `index` of several that are used in turn.
    #[must_use]
    pub fn coloured(program: &Program, index: usize) -> Self {
        let (bytes, sections) = read_only(program);
        Self {
            arena: Arena::coloured(&bytes, index),
            rodata: bytes.len(),
            sections,
            stack: stack_use(program),
            dirty: PACKET_BYTES,
        }
    }

    /// [`Self::put_packet`] and [`Self::begin`].
    pub fn set_packet(&mut self, packet: &[u8], ip_header_length: usize) {
        self.put_packet(packet, ip_header_length);
        self.begin();
    }

    /// Puts an IP packet of at most 1,500 bytes into the window; what is beyond it is zero.
    pub fn put_packet(&mut self, packet: &[u8], ip_header_length: usize) {
        let length = packet.len().min(MAX_IP_PACKET);
        // SAFETY: the packet's window lies in the arena's writable 64 KiB; `packet` is memory of the caller's.
        unsafe { copy(packet, length, self.arena.start().add(PACKET + BUFFER)) };
        self.received(length, ip_header_length);
    }

    /// Writes `payload` to the window, behind IP and UDP headers of `flow`. False where that is not a packet of at most
    /// 1,500 bytes; what was in the window is there still.
    pub fn put_udp(&mut self, flow: &Flow, payload: &[u8]) -> bool {
        let Some((length, ip_header_length)) = write_udp(self.window(), flow, payload) else {
            return false;
        };
        self.received(length, ip_header_length);
        true
    }

    /// Where an IP packet is to be received: as much of it as a program can see.
    ///
    /// [`Self::received`] says how much came; all bytes behind that are cleared then.
    pub fn buffer(&mut self) -> &mut [u8] {
        self.packet_written();
        self.window()
    }

    /// The window's IP packet. Who writes behind what [`Self::received`] is told says [`Self::packet_written`].
    fn window(&mut self) -> &mut [u8] {
        // SAFETY: the packet's window is mapped and initialised, and `self` is borrowed mutably.
        unsafe {
            let first = self.arena.start().add(PACKET + BUFFER);
            std::slice::from_raw_parts_mut(first, MAX_IP_PACKET)
        }
    }

    /// Says that the window holds an IP packet of `length` bytes, at most 1,500, and clears what is behind it.
    pub fn received(&mut self, length: usize, ip_header_length: usize) {
        let length = length.min(MAX_IP_PACKET);
        let end = BUFFER + length;
        // SAFETY: the window lies in the arena's writable 64 KiB.
        unsafe {
            let window = self.arena.start().add(PACKET);
            window
                .cast::<[u64; 2]>()
                .write([length as u64, ip_header_length as u64]);
            // Up to a chunk too much: what lies behind the window is zero as well.
            let mut at = end;
            while at < self.dirty {
                window.add(at).write_bytes(0, CHUNK);
                at += CHUNK;
            }
        }
        self.dirty = end;
    }

    /// The first bytes of the window's IP packet.
    #[must_use]
    pub fn packet(&self, length: usize) -> &[u8] {
        let length = length.min(MAX_IP_PACKET);
        // SAFETY: the window is mapped and initialised, and nothing writes to it while `self` is borrowed.
        unsafe {
            let first = self.arena.start().add(PACKET + BUFFER);
            std::slice::from_raw_parts(first, length)
        }
    }

    /// Makes all but the packet as a run finds it: the context, and a stack of zeros.
    #[inline]
    pub fn begin(&mut self) {
        if self.stack.0 > 0 {
            self.clear_stack();
        }
        // SAFETY: the context lies in the arena's writable 64 KiB.
        unsafe {
            let context = self.arena.start().add(CONTEXT);
            context.cast::<[u64; 3]>().write(CONTEXT_VALUES);
        }
    }

    /// Out of the way of programs without a stack.
    #[inline(never)]
    fn clear_stack(&mut self) {
        let (used, frames) = self.stack;
        for frame in 0..frames {
            // SAFETY: the frames lie in the arena's writable 64 KiB.
            unsafe {
                let top = (self.arena.start()).add(STACK + STACK_BYTES - frame * FRAME_BYTES);
                top.sub(used).write_bytes(0, used);
            }
        }
    }

    /// Says that the packet was written to: the next one clears the whole window.
    #[inline]
    pub fn packet_written(&mut self) {
        self.dirty = PACKET_BYTES;
    }

    /// The address of the context, which a program gets in r1.
    #[must_use]
    pub fn context_address(&self) -> u64 {
        BASE + CONTEXT as u64
    }

    /// The frame pointer (r10) at call depth `depth`, 0 for the entry function.
    #[must_use]
    pub fn frame_pointer(&self, depth: usize) -> u64 {
        frame_pointer(depth)
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
        let regions = [
            (PACKET, PACKET_BYTES),
            (STACK, STACK_BYTES),
            (RODATA, self.rodata),
            (CONTEXT, CONTEXT_BYTES),
        ];
        let offset = locate(address, length, &regions)?;
        // SAFETY: `locate` found the range inside a region, all of which are mapped and initialised; nothing writes to
        // them while `self` is borrowed.
        Ok(unsafe { std::slice::from_raw_parts(self.arena.start().add(offset), length) })
    }

    /// The bytes at `address`, to be written: stack or packet only.
    ///
    /// # Errors
    /// [`BadAccess`] where any byte lies outside those two.
    pub fn write(&mut self, address: u64, length: usize) -> Result<&mut [u8], BadAccess> {
        let regions = [(STACK, STACK_BYTES), (PACKET, PACKET_BYTES)];
        let offset = locate(address, length, &regions)?;
        if offset >= PACKET {
            self.packet_written();
        }
        // SAFETY: as in `read`, and the two regions are writable; `self` is borrowed mutably.
        Ok(unsafe { std::slice::from_raw_parts_mut(self.arena.start().add(offset), length) })
    }

    /// For tests: fills what the engine keeps beside the arena with a pattern that nothing but an escape changes.
    #[doc(hidden)]
    pub fn paint(&mut self, pattern: u8) {
        self.arena.paint(pattern);
    }

    /// For tests: whether the pattern of [`Self::paint`] is still there.
    #[doc(hidden)]
    #[must_use]
    pub fn is_intact(&self, pattern: u8) -> bool {
        self.arena.is_intact(pattern)
    }

    /// For tests: whether all is zero around what a program may write to, as checked accesses leave it.
    #[doc(hidden)]
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.arena.is_clear(STACK..PACKET + PACKET_BYTES)
    }

    /// Where compiled code runs.
    #[must_use]
    pub fn arena(&self) -> &Arena {
        &self.arena
    }
}

/// Copies the first `length` bytes of `from`, in whole chunks where there is one: packets differ in length, so that the
/// tests of a general copy are not foreseen by the processor.
///
/// # Safety
/// `to` has room for `length` bytes, and `from` is not there.
unsafe fn copy(from: &[u8], length: usize, to: *mut u8) {
    let source = from[..length].as_ptr();
    // SAFETY: the caller's promise; chunks end before `length` does.
    unsafe {
        if length < CHUNK {
            to.copy_from_nonoverlapping(source, length);
            return;
        }
        let last = length - CHUNK;
        let mut at = 0;
        while at < last {
            to.add(at).copy_from_nonoverlapping(source.add(at), CHUNK);
            at += CHUNK;
        }
        to.add(last)
            .copy_from_nonoverlapping(source.add(last), CHUNK);
    }
}

/// The offset of `length` bytes at `address`, all inside one of `regions` (start and length).
#[inline]
fn locate(address: u64, length: usize, regions: &[(usize, usize)]) -> Result<usize, BadAccess> {
    let bad = BadAccess { address, length };
    let offset = usize::try_from(address.wrapping_sub(BASE)).map_err(|_| bad)?;
    regions
        .iter()
        .any(|(start, size)| {
            offset
                .checked_sub(*start)
                .and_then(|inside| inside.checked_add(length))
                .is_some_and(|end| end <= *size)
        })
        .then_some(offset)
        .ok_or(bad)
}

/// The frame pointer (r10) at call depth `depth`, 0 for the entry function.
#[must_use]
pub fn frame_pointer(depth: usize) -> u64 {
    BASE + (STACK + STACK_BYTES - depth * FRAME_BYTES) as u64
}

/// The read-only sections of `program` as one, and the address of each.
#[must_use]
pub fn read_only(program: &Program) -> (Vec<u8>, Vec<u64>) {
    let mut bytes = Vec::new();
    let mut sections = Vec::new();
    for section in &program.rodata {
        sections.push(BASE + (RODATA + bytes.len()) as u64);
        bytes.extend_from_slice(&section.bytes);
        // A gap of the alignment keeps a walk off one section from landing in the next unnoticed.
        bytes.resize(bytes.len().next_multiple_of(16), 0);
    }
    (bytes, sections)
}

/// How deep below a frame pointer a program may use its stack, and in how many frames.
///
/// Addresses on the stack come from constants: of accesses through r10, or added to a copy of it. Programs that reach
/// further than that are not ones that a verifier accepts; they find there what earlier packets of theirs left.
fn stack_use(program: &Program) -> (usize, usize) {
    let mut used = 0;
    let mut frames = 1;
    for insn in &program.insns {
        let offset = match insn.op {
            0x07 | 0xb7 => insn.imm,
            0x17 => insn.imm.wrapping_neg(),
            0x61 | 0x69 | 0x71 | 0x79 | 0x81 | 0x89 | 0x91 if insn.src == 10 => insn.off.into(),
            0x62 | 0x6a | 0x72 | 0x7a | 0x63 | 0x6b | 0x73 | 0x7b | 0xc3 | 0xdb
                if insn.dst == 10 =>
            {
                insn.off.into()
            }
            0x85 if insn.src == 1 => {
                frames = FRAMES;
                0
            }
            _ => 0,
        };
        if (-(FRAME_BYTES as i32)..0).contains(&offset) {
            used = used.max(offset.unsigned_abs() as usize);
        }
    }
    (used, frames)
}

const _: () = assert!(PACKET + PACKET_BYTES + arena::REACH as usize <= 0x1_0000);
const _: () = assert!(STACK >= arena::REACH as usize);

#[cfg(test)]
mod tests;
