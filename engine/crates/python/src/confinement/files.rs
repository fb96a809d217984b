//! Landlock: files below a few paths, TCP to a few ports, no device's controls, no signals to others.

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus, NetPort,
    PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
    Scope,
};

use super::{Missing, Needs, Refusal};

/// Landlock as of Linux 6.12, as far as the kernel has it.
const LANDLOCK: ABI = ABI::V6;

/// What each version of Landlock brought, as a part's name and what is allowed without it.
const PARTS: [(ABI, &str, &str); 4] = [
    (
        ABI::V3,
        "landlock.truncate",
        "6.2: any file can be cut to length 0",
    ),
    (ABI::V4, "landlock.tcp", "6.7: TCP connections to any port"),
    (
        ABI::V5,
        "landlock.ioctl",
        "6.10: ioctl on devices that can be opened",
    ),
    (
        ABI::V6,
        "landlock.signals",
        "6.12: signals are refused by seccomp alone",
    ),
];

/// Opens the folders to write to.
pub fn open_folders(paths: &[String]) -> Result<Vec<PathFd>, Refusal> {
    let open = |path: &String| {
        PathFd::new(path).map_err(|error| ("confine.path", format!("cannot open {path}: {error}")))
    };
    paths.iter().map(open).collect()
}

/// Restricts this thread, and those it starts, to `needs`.
pub fn restrict(needs: &Needs<'_>, folders: Vec<PathFd>, missing: &mut Vec<Missing>) {
    match enforce(needs, folders) {
        Err(error) => missing.push(Missing::new("landlock", error)),
        Ok(None) => missing.push(Missing::new("landlock", "the kernel does not offer it")),
        Ok(Some(abi)) => {
            let newer = PARTS.iter().filter(|(since, ..)| abi < *since);
            missing.extend(
                newer.map(|(_, part, lack)| Missing::new(part, format!("since Linux {lack}"))),
            );
        }
    }
}

/// The version of Landlock in force, None where there is no Landlock.
fn enforce(needs: &Needs<'_>, folders: Vec<PathFd>) -> Result<Option<ABI>, RulesetError> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?;
    for path in needs.read {
        let Ok(fd) = PathFd::new(path) else {
            continue;
        };
        let is_folder = std::fs::metadata(path).is_ok_and(|found| found.is_dir());
        ruleset = ruleset.add_rule(PathBeneath::new(fd, reading(is_folder)))?;
    }
    for folder in folders {
        let access = reading(true)
            | AccessFs::WriteFile
            | AccessFs::Truncate
            | AccessFs::MakeReg
            | AccessFs::RemoveFile;
        ruleset = ruleset.add_rule(PathBeneath::new(folder, access))?;
    }
    for port in needs.connect {
        ruleset = ruleset.add_rule(NetPort::new(*port, AccessNet::ConnectTcp))?;
    }
    let status = ruleset.restrict_self()?;
    Ok(match status.landlock {
        LandlockStatus::Available { effective_abi, .. }
            if status.ruleset != RulesetStatus::NotEnforced =>
        {
            Some(effective_abi)
        }
        _ => None,
    })
}

/// Reading without running: `AccessFs::from_read` would allow execve too.
fn reading(folder: bool) -> BitFlags<AccessFs> {
    if folder {
        AccessFs::ReadFile | AccessFs::ReadDir
    } else {
        AccessFs::ReadFile.into()
    }
}
