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
    synchronize_cores();
}

/// Makes every core that runs this process drop what it fetched ahead: code that was freed may have been at the same
/// address, and the barrier above is one of this core alone.
///
/// A system without the call (Linux before 4.16) is left with what entering the kernel does by itself.
#[cfg(target_arch = "aarch64")]
fn synchronize_cores() {
    for command in [
        libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
        libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE,
    ] {
        // SAFETY: the call takes a command and flags, and touches no memory.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) };
    }
}

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    use super::*;

    /// `mov eax, VALUE; ret`
    #[cfg(target_arch = "x86_64")]
    fn returning(value: u8) -> Vec<u8> {
        vec![0xb8, value, 0, 0, 0, 0xc3]
    }

    /// `mov w0, #VALUE; ret`
    #[cfg(target_arch = "aarch64")]
    fn returning(value: u8) -> Vec<u8> {
        let insns = [0x5280_0000 | u32::from(value) << 5, 0xd65f_03c0];
        insns.iter().flat_map(|insn| insn.to_le_bytes()).collect()
    }

    fn run(code: &Executable) -> u32 {
        // SAFETY: `returning` makes functions of this type.
        let run: extern "C" fn() -> u32 = unsafe { std::mem::transmute(code.at(0)) };
        run()
    }

    /// New code mostly gets the address of what was freed just before: what was fetched of that must not run.
    #[test]
    fn new_code_runs_where_old_code_was() {
        for value in 0..200 {
            assert_eq!(
                run(&Executable::new(&returning(value)).unwrap()),
                value.into()
            );
        }
    }

    #[test]
    fn code_runs_and_cannot_be_written() {
        let code = Executable::new(&returning(7)).unwrap();
        assert_eq!(run(&code), 7);
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let start = format!("{:x}-", code.at(0) as usize);
        let line = maps.lines().find(|line| line.starts_with(&start)).unwrap();
        assert!(line.contains(" r-xp "), "{line}");
    }
}
