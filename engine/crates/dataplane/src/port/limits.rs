//! How many sockets this process may open.

/// File descriptors left to everything else in the process.
const RESERVE: usize = 512;

/// Raises the soft limit on open files to the hard one and gives the flows that each of `ports` may hold open.
#[must_use]
pub fn flows_per_port(ports: usize) -> usize {
    let limit = raise();
    let free = limit.saturating_sub(RESERVE.min(limit / 4));
    (free / ports.max(1)).max(1)
}

fn raise() -> usize {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is a valid rlimit that the call fills.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return 1_024;
    }
    let wanted = libc::rlimit {
        rlim_cur: limit.rlim_max,
        rlim_max: limit.rlim_max,
    };
    // SAFETY: `wanted` is a valid rlimit that the call reads.
    let raised = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const wanted) } == 0;
    let now = if raised {
        limit.rlim_max
    } else {
        limit.rlim_cur
    };
    // RLIM_INFINITY and the like: more flows than this are never wanted.
    usize::try_from(now).unwrap_or(usize::MAX).min(1 << 20)
}
