//! The proof that a program is safe: Prevail through our own platform, with limits, in words.
//!
//! There are two verdicts. *Portable*: with loop counters, as Cloudflare's verifier has it. *Safe*: memory, types and
//! the exit value without counters; that is sound for memory, and the fuel of a packet bounds its time. Either accepts.

mod access;
mod analysis;
mod explain;
mod facts;
mod findings;
mod fuel;
mod loops;
mod names;
pub(crate) mod platform;
mod portable;
mod relabel;
mod report;
mod returns;
mod watch;
mod wording;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Severity, Stage};
use crate::load::load;
use analysis::{Graph, Outcome, no_verdict, no_verdict_in, place_loop};
pub use names::ListUse;
pub use report::{FunctionStack, HelperUse, PacketRead, ProgramFacts};

/// Limits of one verification. Time is limited by the caller's `stop`.
#[derive(Clone, Copy, Debug)]
pub struct VerifyLimits {
    pub max_instructions: usize,
    /// Steps of each of the two analyses.
    pub max_steps: u64,
    /// Only the portable verdict accepts; read-only data and FlowProtect's own helpers are refused.
    pub portable_only: bool,
}

impl Default for VerifyLimits {
    fn default() -> Self {
        Self {
            max_instructions: crate::load::MAX_INSTRUCTIONS,
            max_steps: 2_000_000,
            portable_only: false,
        }
    }
}

/// Why a program is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Safe, and every loop is proven to end: Cloudflare's verifier takes it as well.
    Portable,
    /// Safe, but it has read-only data, calls FlowProtect's own helpers, or has a loop that only the fuel of a packet is
    /// known to end.
    Safe,
}

impl Verdict {
    /// By when, of a deadline for both, the analysis for this verdict is to be stopped. The safe one runs first, and where
    /// it is slow it has to leave time for the other.
    pub fn deadline(self, both: Duration) -> Duration {
        match self {
            Self::Portable => both,
            Self::Safe => both * 2 / 5,
        }
    }
}

/// The verdict, what there is to say about it, and what is known of the program.
#[derive(Clone, Debug, Serialize)]
pub struct VerifyReport {
    pub ok: bool,
    /// None exactly where `ok` is false.
    pub verdict: Option<Verdict>,
    pub instructions: usize,
    /// Errors where the program is refused; warnings of loops where it is only safe.
    pub diagnostics: Vec<Diagnostic>,
    /// None where no analysis reached an end.
    pub facts: Option<ProgramFacts>,
}

/// Loads and verifies an object file. `stop` is asked every few steps, with the verdict that is being looked for: where the
/// safe one is stopped, the portable one still has its turn, so a caller with a deadline asks [`Verdict::deadline`].
///
/// Never panics: what makes Prevail panic is a diagnostic (`verify.no_verdict`).
pub fn verify(elf: &[u8], limits: &VerifyLimits, stop: &dyn Fn(Verdict) -> bool) -> VerifyReport {
    verify_with_source(elf, None, limits, stop)
}

/// The same, with the C `source` that the object was made of: hints then name the author's own expressions.
pub fn verify_with_source(
    elf: &[u8],
    source: Option<&str>,
    limits: &VerifyLimits,
    stop: &dyn Fn(Verdict) -> bool,
) -> VerifyReport {
    let refused = |instructions, diagnostics| VerifyReport {
        ok: false,
        verdict: None,
        instructions,
        diagnostics,
        facts: None,
    };
    let mut loaded = match load(elf) {
        Ok(loaded) => loaded,
        Err(diagnostics) => return refused(0, diagnostics),
    };
    if let Some(source) = source {
        wording::add_source(&mut loaded.program, source);
    }
    let instructions = loaded.program.insns.len();
    if instructions > limits.max_instructions {
        let message = format!(
            "the program has {instructions} instructions, {} are allowed",
            limits.max_instructions
        );
        let diagnostic = Diagnostic::error(Stage::Load, "load.instructions", message);
        return refused(instructions, vec![diagnostic]);
    }
    let proven = catch_unwind(AssertUnwindSafe(|| match Graph::new(loaded) {
        Ok(graph) => prove(&graph, limits, stop),
        Err(diagnostics) => Proof::refused(diagnostics),
    }));
    let proof = proven.unwrap_or_else(|_| {
        Proof::refused(vec![no_verdict("the verifier gave up on this program")])
    });
    VerifyReport {
        ok: proof.verdict.is_some(),
        verdict: proof.verdict,
        instructions,
        diagnostics: proof.diagnostics,
        facts: proof.facts,
    }
}

struct Proof {
    verdict: Option<Verdict>,
    diagnostics: Vec<Diagnostic>,
    facts: Option<ProgramFacts>,
}

impl Proof {
    fn refused(diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            verdict: None,
            diagnostics,
            facts: None,
        }
    }
}

/// The errors of one analysis, and where it was cut off.
fn judge(graph: &Graph, outcome: &Outcome) -> Vec<Diagnostic> {
    match outcome {
        Outcome::Done(result, registry) => findings::findings(graph, result, registry),
        Outcome::Stopped { why, hottest } => vec![no_verdict_in(graph, why, *hottest)],
    }
}

fn says_nothing(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .all(|found| found.code == "verify.no_verdict")
}

fn prove(graph: &Graph, limits: &VerifyLimits, stop: &dyn Fn(Verdict) -> bool) -> Proof {
    let obstacles = portable::obstacles(&graph.program);
    if limits.portable_only && !obstacles.is_empty() {
        return Proof::refused(obstacles);
    }
    let stop_portable = || stop(Verdict::Portable);
    let known = |outcome: &Outcome, counted| match outcome {
        Outcome::Done(result, registry) => {
            report::facts(graph, result, registry, counted, &stop_portable)
        }
        Outcome::Stopped { .. } => None,
    };
    // Without counters first: that is fast, and decides programs on which the other does not end. Of its result only the
    // facts are kept, for the memory's sake.
    let (safe, safe_steps) = analysis::run(graph, false, limits.max_steps, &|| stop(Verdict::Safe));
    let safe_errors = judge(graph, &safe);
    let safe_facts = known(&safe, false);
    drop(safe);
    let is_safe = safe_errors.is_empty();
    let patience = if is_safe && !limits.portable_only {
        limits.max_steps.min(MIN_PATIENCE + PATIENCE * safe_steps)
    } else {
        limits.max_steps
    };
    let (portable, _) = analysis::run(graph, true, patience, &stop_portable);
    let portable_errors = judge(graph, &portable);
    let is_counted = portable_errors.is_empty();
    let verdict = match (is_counted, is_safe && !limits.portable_only) {
        (true, _) if obstacles.is_empty() => Some(Verdict::Portable),
        (true, _) | (_, true) => Some(Verdict::Safe),
        (false, false) => None,
    };
    let facts = if is_counted || !is_safe {
        known(&portable, is_counted).or(safe_facts)
    } else {
        safe_facts
    };
    let diagnostics = match verdict {
        Some(_) if is_counted => Vec::new(),
        Some(_) => unproven_loops(graph, &portable),
        None if limits.portable_only && is_safe => portable_errors,
        // The verdict without counters stops at the same mistakes, and seldom at none.
        None if says_nothing(&portable_errors) && !says_nothing(&safe_errors) => safe_errors,
        None => portable_errors,
    };
    Proof {
        verdict,
        diagnostics,
        facts,
    }
}

/// Steps that the analysis with counters may take where the program is known to be safe, and how many more for each
/// step of the one without: what is portable needs twice as many, what is not would need them all.
const MIN_PATIENCE: u64 = 4_000;
const PATIENCE: u64 = 4;

/// A warning for each loop that keeps a safe program from being portable.
fn unproven_loops(graph: &Graph, portable: &Outcome) -> Vec<Diagnostic> {
    let mut loops = match portable {
        Outcome::Done(result, _) => findings::uncounted(graph, result),
        Outcome::Stopped { hottest, .. } => vec![*hottest],
    };
    if loops.is_empty() {
        loops.extend(findings::first_pc(portable));
    }
    let mut warnings: Vec<Diagnostic> = Vec::new();
    for pc in loops {
        let round = fuel::round(graph, pc);
        let cost = round.map_or(String::new(), |fuel| {
            format!("; a round costs up to {fuel} fuel")
        });
        let message = format!(
            "nothing proves that this loop ends within 100,000 rounds{cost}. A packet that uses up its 1,000,000 fuel passes, and is counted as an error"
        );
        let hint = "Count with one 64-bit integer, hidden from the optimiser, against a constant; Cloudflare's verifier refuses the program as it is.";
        let mut warning = explain::error("verify.unproven_loop", message, hint);
        warning.severity = Severity::Warning;
        place_loop(&mut warning, &graph.program, pc);
        if warnings.iter().all(|known| known.line != warning.line) {
            warnings.push(warning);
        }
    }
    warnings
}
