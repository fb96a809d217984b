//! Confinement of the calling process: Landlock for files, seccomp for sockets.

use std::collections::BTreeMap;
use std::error::Error;

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus,
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, SeccompRule, apply_filter};

/// Landlock as of Linux 6.2 (file truncation included).
const LANDLOCK: ABI = ABI::V3;

/// See the module's `.pyi`.
pub fn restrict(read: &[String], write: &[String]) -> Result<(), Box<dyn Error>> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .create()?;
    for path in read {
        ruleset = ruleset.add_rule(rule(path, AccessFs::from_read(LANDLOCK))?)?;
    }
    for path in write {
        ruleset = ruleset.add_rule(rule(path, AccessFs::from_all(LANDLOCK))?)?;
    }
    if ruleset.restrict_self()?.ruleset != RulesetStatus::FullyEnforced {
        return Err("the kernel does not enforce Landlock".into());
    }
    let refused = [
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_io_uring_setup,
        libc::SYS_bpf,
        libc::SYS_userfaultfd,
        libc::SYS_keyctl,
    ];
    let rules: BTreeMap<i64, Vec<SeccompRule>> =
        refused.into_iter().map(|call| (call, Vec::new())).collect();
    let filter: BpfProgram = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM as u32),
        std::env::consts::ARCH.try_into()?,
    )?
    .try_into()?;
    apply_filter(&filter)?;
    Ok(())
}

fn rule(
    path: &str,
    access: landlock::BitFlags<AccessFs>,
) -> Result<PathBeneath<PathFd>, Box<dyn Error>> {
    let is_file = std::fs::metadata(path)?.is_file();
    let access = if is_file {
        access & AccessFs::from_file(LANDLOCK)
    } else {
        access
    };
    Ok(PathBeneath::new(PathFd::new(path)?, access))
}
