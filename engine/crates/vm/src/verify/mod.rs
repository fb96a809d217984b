//! The proof that a program is safe: Prevail through our own platform, with limits, in words.

mod access;
mod explain;
mod facts;
pub(crate) mod platform;
mod relabel;
mod returns;
mod watch;

use std::panic::{AssertUnwindSafe, catch_unwind};

use prevail::crab::ebpf_domain::DomainContext;
use prevail::crab::interval::Interval;
use prevail::crab::var_registry::VariableRegistry;
use prevail::fwd_analyzer::analyze;
use prevail::ir::program::Program as Cfg;
use prevail::ir::syntax::Instruction;
use prevail::ir::unmarshal::unmarshal;
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Stage};
use crate::load::{Loaded, load};
use crate::source::{loop_around, place};
use facts::Facts;
use relabel::{graph_options, relabel};
use watch::{Stopped, Watched};

/// Limits of one verification. Time is limited by the caller's `stop`.
#[derive(Clone, Copy, Debug)]
pub struct VerifyLimits {
    pub max_instructions: usize,
    pub max_steps: u64,
}

impl Default for VerifyLimits {
    fn default() -> Self {
        Self {
            max_instructions: crate::load::MAX_INSTRUCTIONS,
            max_steps: 2_000_000,
        }
    }
}

/// The verdict.
#[derive(Clone, Debug, Serialize)]
pub struct VerifyReport {
    pub ok: bool,
    pub instructions: usize,
    pub diagnostics: Vec<Diagnostic>,
}

/// Loads and verifies an object file. `stop` is asked every few steps of the analysis.
///
/// Never panics: what makes Prevail panic is a diagnostic (`verify.no_verdict`).
pub fn verify(elf: &[u8], limits: &VerifyLimits, stop: &dyn Fn() -> bool) -> VerifyReport {
    let loaded = match load(elf) {
        Ok(loaded) => loaded,
        Err(diagnostics) => {
            return VerifyReport {
                ok: false,
                instructions: 0,
                diagnostics,
            };
        }
    };
    let instructions = loaded.program.insns.len();
    let diagnostics = if instructions > limits.max_instructions {
        let message = format!(
            "the program has {instructions} instructions, {} are allowed",
            limits.max_instructions
        );
        vec![Diagnostic::error(Stage::Load, "load.instructions", message)]
    } else {
        match catch_unwind(AssertUnwindSafe(|| prove(loaded, limits, stop))) {
            Ok(diagnostics) => diagnostics,
            Err(_) => vec![no_verdict("the verifier gave up on this program")],
        }
    };
    VerifyReport {
        ok: diagnostics.is_empty(),
        instructions,
        diagnostics,
    }
}

fn no_verdict(message: impl Into<String>) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(Stage::Verify, "verify.no_verdict", message);
    diagnostic.hint =
        Some("Make loops simpler: count with one 64-bit integer against a constant.".to_owned());
    diagnostic
}

fn prove(loaded: Loaded, limits: &VerifyLimits, stop: &dyn Fn() -> bool) -> Vec<Diagnostic> {
    let Loaded {
        program,
        mut raw,
        platform,
    } = loaded;
    let options = platform::options();
    let mut notes = Vec::new();
    let mut sequence = match unmarshal(&raw.prog, &mut notes, &raw.info, &platform, &options) {
        Ok(sequence) => sequence,
        Err(error) => {
            return vec![Diagnostic::error(
                Stage::Load,
                "load.instruction",
                error.to_string(),
            )];
        }
    };
    relabel(&mut sequence);
    let graph = graph_options(&options);
    let cfg = match Cfg::from_sequence(&sequence, &mut raw.info, &platform, &graph) {
        Ok(cfg) => cfg,
        Err(error) => {
            return vec![Diagnostic::error(
                Stage::Verify,
                "verify.control_flow",
                error.to_string(),
            )];
        }
    };
    let context = DomainContext::new(&raw.info, &cfg, &options, &platform);
    let watched = Watched::new(&cfg, limits.max_steps, stop);
    let mut registry = VariableRegistry::new();
    let analysis = catch_unwind(AssertUnwindSafe(|| {
        analyze(&watched, &context, &mut registry)
    }));
    let result = match analysis {
        Ok(result) => result,
        Err(payload) => {
            let why = match payload.downcast::<Stopped>() {
                Ok(stopped) => stopped.0,
                Err(_) => "the verifier gave up",
            };
            let hottest = usize::try_from(watched.hottest()).unwrap_or(0);
            let mut diagnostic = no_verdict(format!(
                "no verdict: {why}; most of the work was in this loop"
            ));
            place(&mut diagnostic, &program, loop_around(&program, hottest));
            return vec![diagnostic];
        }
    };
    let mut diagnostics = Vec::new();
    // In the order of the code, exits last: the first finding on a way is the cause of those that follow.
    let mut invariants: Vec<_> = result.invariants.iter().collect();
    invariants.sort_by_key(|(label, _)| matches!(cfg.instruction_at(label), Instruction::Exit(_)));
    for (label, invariant) in invariants {
        if invariant.pre.is_bottom() {
            continue;
        }
        let instruction = cfg.instruction_at(label);
        let pc = usize::try_from(label.from).unwrap_or(0);
        let known = invariant.pre.to_set(&registry);
        let facts = Facts(known.value());
        if let Some(error) = &invariant.error {
            let assertions = cfg.assertions_at(label);
            let mut diagnostic = explain::explain(&error.message, instruction, assertions, &facts);
            let pc = match instruction {
                Instruction::IncrementLoopCounter(_) => loop_around(&program, pc),
                Instruction::Exit(_) => {
                    returns::blame(&cfg, &result, &registry, &program, &raw.info)
                }
                _ => pc,
            };
            place(&mut diagnostic, &program, pc);
            diagnostics.push(diagnostic);
        } else if !platform.maps.is_empty() && explain::may_write_rodata(instruction, &facts) {
            let mut diagnostic = explain::error(
                "verify.write_to_const",
                "this may write to read-only data",
                "Copy it to a local variable first, and do not cast `const` away.",
            );
            place(&mut diagnostic, &program, pc);
            diagnostics.push(diagnostic);
        }
    }
    if diagnostics.is_empty() && result.failed {
        diagnostics.push(no_verdict("the program could not be proven safe"));
    }
    let verdicts = Interval::from_i64_pair(0, 1);
    if diagnostics.is_empty() && !result.exit_value.is_included_in(&verdicts) {
        let message = format!(
            "the return value may be {}, it must be 0 (CF_EBPF_PASS) or 1 (CF_EBPF_DROP)",
            match ends(&result.exit_value) {
                (None, None) => "any number".to_owned(),
                known => access::range(known),
            }
        );
        let hint = "Return CF_EBPF_PASS or CF_EBPF_DROP on every path.";
        let mut diagnostic = explain::error("verify.return_value", message, hint);
        let pc = returns::blame(&cfg, &result, &registry, &program, &raw.info);
        place(&mut diagnostic, &program, pc);
        diagnostics.push(diagnostic);
    }
    diagnostics
}

fn ends(interval: &Interval) -> facts::Range {
    let lower = interval.lb().number().and_then(|number| number.to_i64());
    let upper = interval.ub().number().and_then(|number| number.to_i64());
    (lower, upper)
}
