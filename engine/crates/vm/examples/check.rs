//! Verifies object files and prints what the verifier says: `cargo run --example check -- program.o …`.

use std::time::{Duration, Instant};

use flowprotect_vm::verify::{VerifyLimits, verify};

fn main() {
    for path in std::env::args().skip(1) {
        let elf = match std::fs::read(&path) {
            Ok(elf) => elf,
            Err(error) => {
                eprintln!("{path}: {error}");
                std::process::exit(2);
            }
        };
        let start = Instant::now();
        let stop = |_| start.elapsed() > Duration::from_secs(10);
        let report = verify(&elf, &VerifyLimits::default(), &stop);
        println!(
            "{path}: {}, {} instructions, {} ms",
            match report.verdict {
                Some(verdict) => format!("accepted ({verdict:?})"),
                None => "refused".to_owned(),
            },
            report.instructions,
            start.elapsed().as_millis()
        );
        for found in report.diagnostics {
            let (line, column) = (found.line.unwrap_or(0), found.column.unwrap_or(0));
            println!("  {line}:{column} {}: {}", found.code, found.message);
            if let Some(hint) = found.hint {
                println!("    {hint}");
            }
        }
        if std::env::var_os("FACTS").is_some() {
            let facts = serde_json::to_string(&report.facts).unwrap_or_default();
            println!("  {facts}");
        }
    }
}
