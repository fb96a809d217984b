//! Confinement of a process that handles packets: it gives up for good what it does not need once its ports are open.
//!
//! Capabilities and Landlock belong to a thread and to those it starts afterwards, so all of it must happen while there
//! is one thread. A part that the kernel does not have is named and left out: traffic is worth more.

mod calls;
mod capabilities;
mod files;

use serde::Serialize;

/// A part of the confinement that is not in force.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// `no_new_privs`, `capabilities`, `capabilities.bounding`, `landlock`, `landlock.truncate`, `landlock.tcp`,
    /// `landlock.ioctl`, `landlock.signals` or `seccomp`.
    pub part: &'static str,
    pub reason: String,
}

impl Missing {
    fn new(part: &'static str, reason: impl ToString) -> Self {
        Self {
            part,
            reason: reason.to_string(),
        }
    }
}

/// What a confined process may still do with files and TCP.
pub struct Needs<'a> {
    /// Files and folders to read from. Those that are not there are left out.
    pub read: &'a [String],
    /// Folders in which regular files may be made, changed and removed.
    pub write: &'a [String],
    /// TCP ports to connect to.
    pub connect: &'a [u16],
}

/// Why nothing was confined: a code and a sentence.
pub type Refusal = (&'static str, String);

/// Confines the process. Gives the parts that are not in force.
///
/// # Errors
/// `confine.threads` where there are other threads, which would stay as they are; `confine.path` for a folder to write to
/// that cannot be opened. Then nothing has changed.
pub fn confine(needs: &Needs<'_>) -> Result<Vec<Missing>, Refusal> {
    let threads = threads();
    if threads != Some(1) {
        let found = threads.map_or("an unknown number".to_owned(), |count| count.to_string());
        return Err((
            "confine.threads",
            format!("the process must have one thread to be confined and has {found}"),
        ));
    }
    let folders = files::open_folders(needs.write)?;
    let mut missing = Vec::new();
    // SAFETY: changes one attribute of this thread and touches no memory.
    if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } != 0 {
        missing.push(Missing::new(
            "no_new_privs",
            std::io::Error::last_os_error(),
        ));
    }
    capabilities::drop_all(&mut missing);
    files::restrict(needs, folders, &mut missing);
    // Last: it refuses the calls that the parts before it are made of.
    calls::restrict(&mut missing);
    Ok(missing)
}

/// How many threads this process has, where the kernel tells.
fn threads() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count())
}
