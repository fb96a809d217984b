//! The memory that a program can reach at all: one mapping of its own, whatever the program's code does.
//!
//! ```text
//!  offset -128 KiB   private: what the engine keeps for itself, further from 0 than any access gets
//!          -64 KiB   slack, zero
//!            0       the writable 64 KiB: stack, context and packet in their middle, zero around
//!           64 KiB   slack, zero
//!          128 KiB   read-only data, then slack
//! ```
//! Beyond both ends lie pages without access. Programs see offsets plus [`BASE`], never host addresses. Compiled code
//! masks each address to 16 bits for stores, and to [`Arena::load_mask`] for loads, before it adds the arena's start and
//! a constant of at most [`REACH`]; or it masks an index to 16 bits, and the constant is 0 to [`FAR_REACH`]. Stores
//! cannot get to the read-only data, and neither to what is beyond the slack.

use std::ptr::NonNull;

/// The address that programs see for offset 0.
pub const BASE: u64 = 0x10_0000;
/// Keeps the low bits of the address of a store.
pub const STORE_MASK: u64 = 0xffff;
/// How far a constant offset may be from a masked address.
pub const REACH: i64 = 0x4000;
/// How far a constant offset may be above an index that is masked to 16 bits.
pub const FAR_REACH: i64 = 0x8000;
/// Where read-only data starts.
pub const RODATA: usize = 0x2_0000;
/// Where the engine's private part starts, from offset 0.
pub const PRIVATE: i32 = -0x2_0000;
/// Most bytes of read-only data that compiled code can address.
pub const MAX_RODATA: usize = BASE as usize - RODATA - REACH as usize;
const PRIVATE_BYTES: usize = 0x1_0000;
/// Bytes of the private part that are in use.
const PRIVATE_USED: usize = 64;
/// Arenas start at different lines of a page, so that packets of a batch do not compete for the same lines of the
/// processor's cache. Bytes from one start to the next, and how many there are; a window still ends in its first page.
const COLOUR_BYTES: usize = 128;
const COLOURS: usize = 19;
const SLACK: usize = 0x1_0000;
const GUARD: usize = 0x1_0000;
/// A multiple of the page size of every machine.
const GRAIN: usize = 0x1_0000;

/// A mapped arena.
#[derive(Debug)]
pub struct Arena {
    mapping: NonNull<u8>,
    length: usize,
    /// Bytes that loads may reach, a power of two.
    span: usize,
    /// Bytes by which everything is moved up, into the slack.
    colour: usize,
    /// The host address of offset 0.
    start: *mut u8,
}

// SAFETY: the mapping belongs to this value alone and has no affinity to a thread.
unsafe impl Send for Arena {}
// SAFETY: shared references only read, and nothing writes while they live: running code needs `&mut`.
unsafe impl Sync for Arena {}

impl Arena {
    /// Maps an arena with `rodata` at [`RODATA`], read-only from then on.
    ///
    /// Running out of memory aborts, as every other allocation does.
    #[must_use]
    pub fn new(rodata: &[u8]) -> Self {
        Self::coloured(rodata, 0)
    }

    /// Maps the arena with number `index` of several that are used in turn.
    #[must_use]
    pub fn coloured(rodata: &[u8], index: usize) -> Self {
        let colour = index % COLOURS * COLOUR_BYTES;
        let span = load_mask(rodata.len()) as usize + 1;
        let below = GUARD + PRIVATE_BYTES + SLACK;
        let length = below + span + SLACK + GUARD;
        let aligned = length + GRAIN;
        // SAFETY: a new private mapping, at an address of the kernel's choice, replaces nothing.
        let raw = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                aligned,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        let mapped = (raw != libc::MAP_FAILED)
            .then(|| NonNull::new(raw.cast::<u8>()))
            .flatten();
        let Some(mapping) = mapped else {
            out_of_memory()
        };
        let mut arena = Self {
            mapping,
            length: aligned,
            span,
            colour,
            start: mapping.as_ptr(),
        };
        // SAFETY: guard, private part and slack are the first parts of the mapping.
        arena.start = unsafe { arena.aligned().add(GUARD + PRIVATE_BYTES + SLACK + colour) };
        arena.protect(GUARD, length - 2 * GUARD, true);
        if !rodata.is_empty() {
            let bytes = colour + rodata.len();
            let pages = bytes.next_multiple_of(GRAIN).min(span - RODATA);
            // SAFETY: the bytes at RODATA are mapped for writing just above, and `span` holds all of them.
            unsafe {
                arena
                    .start()
                    .add(RODATA)
                    .copy_from_nonoverlapping(rodata.as_ptr(), rodata.len());
            }
            arena.protect(below + RODATA, pages, false);
        }
        arena
    }

    /// Makes `length` bytes at `offset` of the aligned mapping readable, and writable if `writable`.
    fn protect(&self, offset: usize, length: usize, writable: bool) {
        let access = match writable {
            true => libc::PROT_READ | libc::PROT_WRITE,
            false => libc::PROT_READ,
        };
        // SAFETY: the range lies inside the mapping of this value, which nothing else refers to.
        let result = unsafe { libc::mprotect(self.aligned().add(offset).cast(), length, access) };
        if result != 0 {
            out_of_memory();
        }
    }

    /// The mapping from its first multiple of [`GRAIN`].
    fn aligned(&self) -> *mut u8 {
        let address = self.mapping.as_ptr();
        let padding = address.align_offset(GRAIN);
        // SAFETY: the mapping is GRAIN longer than what is used, so that the padding lies inside of it.
        unsafe { address.add(padding) }
    }

    /// The host address of offset 0.
    #[must_use]
    #[inline]
    pub fn start(&self) -> *mut u8 {
        self.start
    }

    /// The private part behind what the engine keeps in it.
    fn margin(&self) -> (*mut u8, usize) {
        let used = self.colour + PRIVATE_USED;
        // SAFETY: the private part starts behind the guard, and is longer than its use.
        let start = unsafe { self.aligned().add(GUARD + used) };
        (start, PRIVATE_BYTES - used)
    }

    /// See [`crate::memory::Memory::paint`].
    pub(crate) fn paint(&mut self, pattern: u8) {
        let (start, length) = self.margin();
        // SAFETY: the margin is mapped for writing, and `self` is borrowed mutably.
        unsafe { start.write_bytes(pattern, length) };
    }

    /// See [`crate::memory::Memory::is_intact`].
    pub(crate) fn is_intact(&self, pattern: u8) -> bool {
        let (start, length) = self.margin();
        // SAFETY: the margin is mapped and initialised, and nothing writes to it while `self` is borrowed.
        let bytes = unsafe { std::slice::from_raw_parts(start, length) };
        bytes.iter().all(|byte| *byte == pattern)
    }

    /// Whether all that can be written is zero from one slack to the other, but for `used`.
    pub(crate) fn is_clear(&self, used: std::ops::Range<usize>) -> bool {
        let length = SLACK + STORE_MASK as usize + 1 + SLACK;
        // SAFETY: both slacks and what is between them are mapped and initialised, and nothing writes to them while `self`
        // is borrowed.
        let bytes = unsafe { std::slice::from_raw_parts(self.start().sub(SLACK), length) };
        let (below, rest) = bytes.split_at(SLACK + used.start);
        [below, &rest[used.len()..]]
            .iter()
            .all(|part| part.iter().all(|byte| *byte == 0))
    }

    /// Keeps the low bits of the address of a load.
    #[must_use]
    pub fn load_mask(&self) -> u64 {
        self.span as u64 - 1
    }
}

/// What keeps the low bits of the address of a load where there are `rodata` bytes of read-only data.
#[must_use]
pub fn load_mask(rodata: usize) -> u64 {
    match rodata {
        0 => STORE_MASK,
        length => (RODATA + length + REACH as usize).next_power_of_two() as u64 - 1,
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `new` with this length, and ends with its owner.
        unsafe {
            libc::munmap(self.mapping.as_ptr().cast(), self.length);
        }
    }
}

fn out_of_memory() -> ! {
    std::alloc::handle_alloc_error(std::alloc::Layout::new::<[u8; GRAIN]>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The access rights of the page at `offset` from the start, as the system tells them.
    fn rights(arena: &Arena, offset: isize) -> String {
        let address = arena.start() as usize as isize + offset;
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let covers = |line: &&str| {
            let range = line.split(' ').next().unwrap_or_default();
            let (from, to) = range.split_once('-').unwrap();
            let bound = |text| isize::from_str_radix(text, 16).unwrap_or(isize::MAX);
            (bound(from)..bound(to)).contains(&address)
        };
        let line = maps.lines().find(covers).unwrap_or("- none");
        line.split(' ').nth(1).unwrap().to_owned()
    }

    #[test]
    fn pages_have_the_rights_they_need_and_no_more() {
        let arena = Arena::new(&[1; 100]);
        assert_eq!(arena.load_mask(), 0x3_ffff);
        assert_eq!(arena.start().align_offset(GRAIN), 0);
        let end = 0x4_0000 + SLACK as isize;
        let below = PRIVATE as isize;
        for (offset, expected) in [
            (below - 1, "---p"),
            (below, "rw-p"),
            (0, "rw-p"),
            (STORE_MASK as isize, "rw-p"),
            (RODATA as isize - 1, "rw-p"),
            (RODATA as isize, "r--p"),
            (end - 1, "rw-p"),
            (end, "---p"),
        ] {
            assert_eq!(rights(&arena, offset), expected, "{offset:#x}");
        }
    }

    #[test]
    fn masks_reach_all_read_only_data_and_no_store_reaches_it() {
        for length in [0, 1, 0x1_0000, 0x1_c000, 0x1_c001, MAX_RODATA] {
            let mask = load_mask(length);
            assert!(mask < BASE && BASE & mask == 0);
            if length > 0 {
                assert!((RODATA + length) as u64 + REACH.unsigned_abs() <= mask + 1);
            }
        }
        const { assert!(REACH <= FAR_REACH) };
        const { assert!(COLOURS * COLOUR_BYTES + FAR_REACH as usize + 8 <= SLACK) };
        let furthest_store = STORE_MASK as i64 + FAR_REACH + 8;
        assert!(furthest_store <= RODATA as i64);
        assert!(i64::from(PRIVATE) + PRIVATE_BYTES as i64 <= -REACH);
        assert!(REACH + 8 <= SLACK as i64);
    }
}
