//! Seccomp: the system calls that Python, the engine and name resolution make once the ports are open, and no others.
//!
//! An allow-list, because a deny-list ages: what a later kernel brings would be open. What is not on it fails with EPERM.
//! Calls that are newer than this list fail with ENOSYS, as on an older kernel, so that a newer C library falls back.

use std::collections::BTreeMap;
use std::error::Error;

use libc::c_long;
use seccompiler::SeccompCmpArgLen::{Dword, Qword};
use seccompiler::SeccompCmpOp::{Eq, MaskedEq, Ne};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter_all_threads,
};

use super::Missing;

/// Allowed whatever their arguments are.
const ALLOWED: &[c_long] = &[
    // Memory. mmap and mprotect are below.
    libc::SYS_brk,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mremap,
    libc::SYS_munmap,
    // Files: which ones is Landlock's part.
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_fcntl,
    libc::SYS_fdatasync,
    libc::SYS_flock,
    libc::SYS_fstat,
    libc::SYS_fstatfs,
    libc::SYS_fsync,
    libc::SYS_ftruncate,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_lseek,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_read,
    libc::SYS_readlinkat,
    libc::SYS_readv,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_statfs,
    libc::SYS_statx,
    libc::SYS_unlinkat,
    libc::SYS_write,
    libc::SYS_writev,
    // Waiting.
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_eventfd2,
    libc::SYS_pipe2,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    // Sockets. No listen and no accept: a node takes no connections. socket, setsockopt and what sends are below.
    libc::SYS_bind,
    libc::SYS_connect,
    libc::SYS_getpeername,
    libc::SYS_getsockname,
    libc::SYS_getsockopt,
    libc::SYS_recvfrom,
    libc::SYS_recvmmsg,
    libc::SYS_recvmsg,
    libc::SYS_shutdown,
    // Threads and signals of this process. clone, prctl and tgkill are below.
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_futex_waitv,
    libc::SYS_get_robust_list,
    libc::SYS_getcpu,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_getrusage,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_getparam,
    libc::SYS_sched_getscheduler,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
    // Time, randomness, the machine.
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_getrandom,
    libc::SYS_gettimeofday,
    libc::SYS_nanosleep,
    libc::SYS_sysinfo,
    libc::SYS_times,
    libc::SYS_uname,
];

/// The same by the names that only this architecture still has.
#[cfg(target_arch = "x86_64")]
const ALLOWED_HERE: &[c_long] = &[
    libc::SYS_access,
    libc::SYS_dup2,
    libc::SYS_epoll_wait,
    libc::SYS_getrlimit,
    libc::SYS_lstat,
    libc::SYS_open,
    libc::SYS_poll,
    libc::SYS_readlink,
    libc::SYS_rename,
    libc::SYS_select,
    libc::SYS_stat,
    libc::SYS_time,
    libc::SYS_unlink,
];
#[cfg(not(target_arch = "x86_64"))]
const ALLOWED_HERE: &[c_long] = &[];

/// After the newest call that was looked at for the list. All architectures share these numbers.
const NEWER: std::ops::Range<c_long> = libc::SYS_futex_waitv + 1..500;

/// Restricts all threads of the process.
pub fn restrict(missing: &mut Vec<Missing>) {
    if let Err(error) = apply() {
        missing.push(Missing::new("seccomp", error));
    }
}

fn apply() -> Result<(), Box<dyn Error>> {
    // Of two filters that give an error, the one applied last says which. So the first must let the second be applied,
    // and the second ends that.
    let allowed = filter(
        allowed()?,
        SeccompAction::Errno(libc::EPERM as u32),
        SeccompAction::Allow,
    )?;
    // The flags of clone3 are in memory, where no filter can look: the C library then takes clone.
    let absent = NEWER.chain([libc::SYS_clone3, libc::SYS_seccomp]);
    let absent = filter(
        absent.map(|call| (call, Vec::new())).collect(),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::ENOSYS as u32),
    )?;
    apply_filter_all_threads(&allowed)?;
    apply_filter_all_threads(&absent)?;
    Ok(())
}

type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

fn filter(
    rules: Rules,
    otherwise: SeccompAction,
    action: SeccompAction,
) -> Result<BpfProgram, Box<dyn Error>> {
    let arch = std::env::consts::ARCH.try_into()?;
    Ok(SeccompFilter::new(rules, otherwise, action, arch)?.try_into()?)
}

fn allowed() -> seccompiler::Result<Rules> {
    let mut rules: Rules = ALLOWED
        .iter()
        .chain(ALLOWED_HERE)
        .chain(&[libc::SYS_seccomp])
        .map(|call| (*call, Vec::new()))
        .collect();
    // Writable or executable, never both at once. The compiler of programs writes first and then asks for execution.
    let both = (libc::PROT_WRITE | libc::PROT_EXEC) as u64;
    let one = [0, libc::PROT_WRITE, libc::PROT_EXEC];
    let not_both = || one.map(|some| [is(2, MaskedEq(both), some as u64)]);
    rules.insert(libc::SYS_mmap, any(not_both())?);
    rules.insert(libc::SYS_mprotect, any(not_both())?);

    rules.insert(libc::SYS_socket, sockets()?);
    // Landlock looks at connect: a TCP connection must not be opened by sending.
    let no_fast_open = |flags| any([[is(flags, MaskedEq(libc::MSG_FASTOPEN as u64), 0)]]);
    rules.insert(libc::SYS_sendto, no_fast_open(3)?);
    rules.insert(libc::SYS_sendmsg, no_fast_open(2)?);
    rules.insert(libc::SYS_sendmmsg, no_fast_open(3)?);
    rules.insert(libc::SYS_setsockopt, options()?);

    // Threads, not processes, and no namespaces.
    let thread = libc::CLONE_THREAD as u64;
    let kind = thread | NAMESPACES.iter().fold(0, |all, flag| all | *flag as u64);
    rules.insert(libc::SYS_clone, any([[is(0, MaskedEq(kind), thread)]])?);
    let this = u64::from(std::process::id());
    rules.insert(libc::SYS_tgkill, any([[is(0, Eq, this)]])?);
    let names = [
        libc::PR_SET_NAME,
        libc::PR_SET_VMA,
        libc::PR_SET_NO_NEW_PRIVS,
    ];
    rules.insert(
        libc::SYS_prctl,
        any(names.map(|option| [is(0, Eq, option as u64)]))?,
    );
    // Limits of this process can be read.
    let read_own = SeccompRule::new(vec![
        SeccompCondition::new(0, Dword, Eq, 0)?,
        SeccompCondition::new(2, Qword, Eq, 0)?,
    ])?;
    rules.insert(libc::SYS_prlimit64, vec![read_own]);
    let controls = [
        libc::TCGETS,
        libc::TIOCGWINSZ,
        libc::FIONBIO,
        libc::FIONREAD,
        libc::FIOCLEX,
        libc::FIONCLEX,
    ];
    rules.insert(
        libc::SYS_ioctl,
        any(controls.map(|request| [is(1, Eq, request)]))?,
    );
    Ok(rules)
}

const NAMESPACES: [i32; 7] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
];

/// UDP and TCP over IP, and questions to the kernel about addresses, which name resolution asks. MPTCP, which Landlock does
/// not look at, raw packets and UNIX sockets are not among them.
fn sockets() -> seccompiler::Result<Vec<SeccompRule>> {
    const KIND: u64 = 0xf; // without SOCK_CLOEXEC and SOCK_NONBLOCK
    let mut conditions = vec![vec![
        is(0, Eq, libc::AF_NETLINK as u64),
        is(2, Eq, libc::NETLINK_ROUTE as u64),
    ]];
    for family in [libc::AF_INET, libc::AF_INET6] {
        for (kind, protocol) in [
            (libc::SOCK_DGRAM, libc::IPPROTO_UDP),
            (libc::SOCK_STREAM, libc::IPPROTO_TCP),
        ] {
            for protocol in [0, protocol] {
                conditions.push(vec![
                    is(0, Eq, family as u64),
                    is(1, MaskedEq(KIND), kind as u64),
                    is(2, Eq, protocol as u64),
                ]);
            }
        }
    }
    any(conditions)
}

/// All but filters, which are programs for the kernel.
fn options() -> seccompiler::Result<Vec<SeccompRule>> {
    let level = libc::SOL_SOCKET as u64;
    let mut others = vec![is(1, Eq, level)];
    others.extend(
        [
            libc::SO_ATTACH_FILTER,
            libc::SO_ATTACH_BPF,
            libc::SO_ATTACH_REUSEPORT_CBPF,
            libc::SO_ATTACH_REUSEPORT_EBPF,
        ]
        .map(|option| is(2, Ne, option as u64)),
    );
    any([vec![is(1, Ne, level)], others])
}

/// A condition on an argument of 32 bits: index, comparison, value.
type Condition = (u8, SeccompCmpOp, u64);

fn is(argument: u8, comparison: SeccompCmpOp, value: u64) -> Condition {
    (argument, comparison, value)
}

/// Rules of which one must hold, each of conditions that must all hold.
fn any<C: IntoIterator<Item = Condition>>(
    rules: impl IntoIterator<Item = C>,
) -> seccompiler::Result<Vec<SeccompRule>> {
    let rule = |conditions: C| -> seccompiler::Result<SeccompRule> {
        let conditions = conditions
            .into_iter()
            .map(|(argument, comparison, value)| {
                SeccompCondition::new(argument, Dword, comparison, value)
            })
            .collect::<Result<_, _>>()?;
        Ok(SeccompRule::new(conditions)?)
    };
    rules.into_iter().map(rule).collect()
}
