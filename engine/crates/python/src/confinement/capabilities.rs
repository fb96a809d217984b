//! Linux capabilities: all of them go, from every set of this thread.

use std::io;

use super::Missing;

/// `_LINUX_CAPABILITY_VERSION_3` of capability(7): two words a set.
const VERSION: u32 = 0x2008_0522;
/// More than any kernel has: it says EINVAL after its last one.
const MOST: libc::c_ulong = 64;

#[repr(C)]
struct Header {
    version: u32,
    pid: i32,
}

#[repr(C)]
#[derive(Default)]
struct Sets {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Empties the bounding, ambient, inheritable, permitted and effective sets.
pub fn drop_all(missing: &mut Vec<Missing>) {
    // First, while CAP_SETPCAP may still be there.
    if let Err(error) = drop_bounding() {
        missing.push(Missing::new("capabilities.bounding", error));
    }
    if let Err(error) = clear() {
        missing.push(Missing::new("capabilities", error));
    }
}

fn drop_bounding() -> io::Result<()> {
    for capability in 0..MOST {
        // SAFETY: the call reads and changes attributes of this thread alone.
        let held = unsafe { libc::prctl(libc::PR_CAPBSET_READ, capability, 0, 0, 0) };
        if held < 0 {
            return Ok(()); // the kernel has no more
        }
        // SAFETY: as above.
        if held == 1 && unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

fn clear() -> io::Result<()> {
    // The kernel empties the ambient set together with the permitted one; kernels before 4.3 have none.
    let header = Header {
        version: VERSION,
        pid: 0,
    };
    let none = [Sets::default(), Sets::default()];
    // SAFETY: the kernel reads a header and, for this version, two structures of sets, all of which outlive the call.
    let result = unsafe { libc::syscall(libc::SYS_capset, &raw const header, none.as_ptr()) };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
