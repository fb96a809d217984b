//! Memory for machine code: written first, executable afterwards, never both.

use std::ptr::NonNull;

/// Finished machine code.
#[derive(Debug)]
pub struct Executable {
    mapping: NonNull<u8>,
    length: usize,
}

// SAFETY: the mapping belongs to this value alone, is never written again, and has no affinity to a thread.
unsafe impl Send for Executable {}
// SAFETY: as above.
unsafe impl Sync for Executable {}

impl Executable {
    /// Maps a copy of `code`. None where the system allows no memory that is executable.
    #[must_use]
    pub fn new(code: &[u8]) -> Option<Self> {
        let length = code.len().max(1);
        // SAFETY: a new private mapping, at an address of the kernel's choice, replaces nothing.
        let raw = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if raw == libc::MAP_FAILED {
            return None;
        }
        let this = Self {
            mapping: NonNull::new(raw.cast())?,
            length,
        };
        // SAFETY: the mapping is writable and has room for the code; from here on it is only read and run.
        let result = unsafe {
            this.mapping
                .as_ptr()
                .copy_from_nonoverlapping(code.as_ptr(), code.len());
            libc::mprotect(raw, length, libc::PROT_READ | libc::PROT_EXEC)
        };
        synchronize(this.mapping.as_ptr(), length);
        (result == 0).then_some(this)
    }

    /// The code.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is readable, and never written to again.
        unsafe { std::slice::from_raw_parts(self.mapping.as_ptr(), self.length) }
    }

    /// The address of the code at `offset`.
    #[must_use]
    pub fn at(&self, offset: usize) -> *const u8 {
        assert!(offset < self.length, "an entry lies inside its code");
        // SAFETY: just checked.
        unsafe { self.mapping.as_ptr().add(offset) }
    }
}

impl Drop for Executable {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `new` with this length, and ends with its owner.
        unsafe {
            libc::munmap(self.mapping.as_ptr().cast(), self.length);
        }
    }
}

/// Makes fresh code visible to instruction fetches. x86-64 does so by itself.
#[cfg(not(target_arch = "aarch64"))]
fn synchronize(_: *const u8, _: usize) {}

/// Makes fresh code visible to instruction fetches: cleans the data cache and invalidates the instruction cache by lines
/// of at least 4 bytes; the smallest line that the architecture has, 16 bytes, is a step that is always right.
#[cfg(target_arch = "aarch64")]
fn synchronize(start: *const u8, length: usize) {
    use std::arch::asm;
    let lines = || {
        (0..length)
            .step_by(16)
            .map(|offset| start.wrapping_add(offset))
    };
    // SAFETY: cache maintenance of memory that is mapped and readable changes nothing that a program could observe.
    unsafe {
        lines().for_each(|line| asm!("dc cvau, {}", in(reg) line));
        asm!("dsb ish");
        lines().for_each(|line| asm!("ic ivau, {}", in(reg) line));
        asm!("dsb ish", "isb");
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn code_runs_and_cannot_be_written() {
        // mov eax, 7; ret
        let code = Executable::new(&[0xb8, 7, 0, 0, 0, 0xc3]).unwrap();
        // SAFETY: the code above is a function of this type.
        let run: extern "C" fn() -> u32 = unsafe { std::mem::transmute(code.at(0)) };
        assert_eq!(run(), 7);
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let start = format!("{:x}-", code.at(0) as usize);
        let line = maps.lines().find(|line| line.starts_with(&start)).unwrap();
        assert!(line.contains(" r-xp "), "{line}");
    }
}
