//! What Cloudflare's verifier says of the programs in `crates/vm/tests/corpus`, kept in `cloudflare.txt` beside them.
//!
//! Without arguments it writes the file, with `--check` it compares and fails where they differ. The verifier may hang
//! or panic: each program is judged in a process of its own, which is this program with `--judge FILE`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

/// Wall-clock time after which the verifier counts as hung.
const PATIENCE: Duration = Duration::from_secs(10);
const ACCEPTED: i32 = 0;
const REFUSED: i32 = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--judge", path] => std::process::exit(judge(Path::new(path))),
        ["--check"] => record().and_then(|found| check(&found)),
        [] => record().and_then(|found| std::fs::write(list(), found)),
        _ => Err(std::io::Error::other("arguments: none, or --check")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vm/tests/corpus")
}

fn list() -> PathBuf {
    corpus().join("cloudflare.txt")
}

fn judge(path: &Path) -> i32 {
    match std::fs::read(path).map(|elf| pfp_verifier::verify_elf(&elf)) {
        Ok(Ok(_)) => ACCEPTED,
        Ok(Err(error)) => {
            println!("{error}");
            REFUSED
        }
        Err(_) => 1,
    }
}

fn check(found: &str) -> std::io::Result<()> {
    let recorded = std::fs::read_to_string(list())?;
    match found.lines().zip(recorded.lines()).find(|(a, b)| a != b) {
        Some((found, recorded)) => Err(std::io::Error::other(format!(
            "found `{found}`, recorded `{recorded}`"
        ))),
        None if found.len() != recorded.len() => Err(std::io::Error::other("programs are missing")),
        None => Ok(()),
    }
}

/// One line a program: name, SHA-256 of the object, verdict.
fn record() -> std::io::Result<String> {
    let mut objects = Vec::new();
    for entry in std::fs::read_dir(corpus())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "o") {
            objects.push(path);
        }
    }
    objects.sort();
    let mut text = String::new();
    for path in objects {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let digest = Sha256::digest(std::fs::read(&path)?);
        let verdict = verdict(&path)?;
        let _ = writeln!(text, "{name} {digest:x} {verdict}");
    }
    Ok(text)
}

fn verdict(path: &Path) -> std::io::Result<&'static str> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--judge")
        .arg(path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(match status.code() {
                Some(ACCEPTED) => "accepted",
                Some(REFUSED) => "refused",
                // 101 is a panic, none a signal: its stack overflows on some programs.
                _ => "panicked",
            });
        }
        if start.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Ok("hung");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
