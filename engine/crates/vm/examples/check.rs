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
        let stop = || start.elapsed() > Duration::from_secs(10);
        let report = verify(&elf, &VerifyLimits::default(), &stop);
        let verdict = if report.ok { "accepted" } else { "refused" };
        println!(
            "{path}: {verdict}, {} instructions, {} ms",
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
    }
}
