//! One run of Prevail over a program's graph, with or without loop counters.

use std::panic::{AssertUnwindSafe, catch_unwind};

use prevail::crab::ebpf_domain::DomainContext;
use prevail::crab::var_registry::VariableRegistry;
use prevail::fwd_analyzer::analyze;
use prevail::ir::program::Program as Cfg;
use prevail::ir::unmarshal::unmarshal;
use prevail::result::AnalysisResult;
use prevail::spec::type_descriptors::ProgramInfo;

use super::loops::{Part, loops};
use super::platform::{Platform, options};
use super::relabel::{graph_options, relabel};
use super::watch::{Stopped, Watched};
use crate::diagnostic::{Diagnostic, Stage};
use crate::load::Loaded;
use crate::program::{Program, SourceLine};
use crate::source::{jump_target, line_of, loop_around, place, place_at};

/// Loops nested deeper are refused: Prevail recurses on the nesting, and the stack is not without end.
const MAX_LOOP_DEPTH: usize = 64;

/// A program and its graph, which holds a counter behind the head of each loop.
pub struct Graph {
    pub program: Program,
    pub platform: Platform,
    pub info: ProgramInfo,
    pub cfg: Cfg,
    pub parts: Vec<Part>,
}

impl Graph {
    /// The graph of a loaded program.
    ///
    /// # Errors
    /// `load.instruction` or `verify.control_flow`.
    pub fn new(loaded: Loaded) -> Result<Self, Vec<Diagnostic>> {
        let Loaded {
            program,
            mut raw,
            platform,
        } = loaded;
        let options = options();
        let refuse = |stage, code, message: String| vec![Diagnostic::error(stage, code, message)];
        let mut notes = Vec::new();
        let mut sequence = unmarshal(&raw.prog, &mut notes, &raw.info, &platform, &options)
            .map_err(|error| refuse(Stage::Load, "load.instruction", error.to_string()))?;
        relabel(&mut sequence);
        let cfg = Cfg::from_sequence(
            &sequence,
            &mut raw.info,
            &platform,
            &graph_options(&options),
        )
        .map_err(|error| refuse(Stage::Verify, "verify.control_flow", error.to_string()))?;
        let Some(parts) = loops(&cfg, MAX_LOOP_DEPTH) else {
            let message = format!("loops are nested more than {MAX_LOOP_DEPTH} deep");
            return Err(refuse(Stage::Verify, "verify.control_flow", message));
        };
        Ok(Self {
            program,
            platform,
            info: raw.info,
            cfg,
            parts,
        })
    }
}

/// What one run came to.
pub enum Outcome {
    Done(Box<AnalysisResult>, VariableRegistry),
    /// It was cut off, by a limit or by a fault of Prevail's.
    Stopped {
        why: &'static str,
        /// An instruction of the loop that most of the work went into.
        hottest: usize,
    },
}

/// Runs the analysis, and says how many steps it took.
pub fn run(
    graph: &Graph,
    counters: bool,
    max_steps: u64,
    stop: &dyn Fn() -> bool,
) -> (Outcome, u64) {
    let mut options = options();
    options.runtime.check_for_termination = counters;
    let context = DomainContext::new(&graph.info, &graph.cfg, &options, &graph.platform);
    let watched = Watched::new(&graph.cfg, counters, max_steps, stop);
    let mut registry = VariableRegistry::new();
    let analysis = catch_unwind(AssertUnwindSafe(|| {
        analyze(&watched, &context, &mut registry)
    }));
    let outcome = match analysis {
        Ok(result) => Outcome::Done(Box::new(result), registry),
        Err(payload) => Outcome::Stopped {
            why: match payload.downcast::<Stopped>() {
                Ok(stopped) => stopped.0,
                Err(_) => "the verifier gave up",
            },
            hottest: usize::try_from(watched.hottest()).unwrap_or(0),
        },
    };
    (outcome, watched.steps())
}

/// The diagnostic for a run that was cut off.
pub fn no_verdict(message: impl Into<String>) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(Stage::Verify, "verify.no_verdict", message);
    diagnostic.hint =
        Some("Make loops simpler: count with one 64-bit integer against a constant.".to_owned());
    diagnostic
}

/// The same, pointing at the loop.
pub fn no_verdict_in(graph: &Graph, why: &str, hottest: usize) -> Diagnostic {
    let mut diagnostic = no_verdict(format!(
        "no verdict: {why}; most of the work was in this loop"
    ));
    place_loop(&mut diagnostic, &graph.program, hottest);
    diagnostic
}

/// Points `diagnostic` at the head of the innermost loop around instruction `pc`.
///
/// clang gives the jump that closes a loop the line of its head, or that of the last statement: then the loop's first
/// line that reads like a head is meant.
pub fn place_loop(diagnostic: &mut Diagnostic, program: &Program, pc: usize) {
    let jump = loop_around(program, pc);
    let reads_like_a_head = |line: &SourceLine| {
        let mut words = line
            .text
            .split(|sign: char| !sign.is_alphanumeric() && sign != '_');
        words.any(|word| matches!(word, "for" | "while" | "do" | "goto"))
    };
    let is_head = line_of(program, jump).is_some_and(reads_like_a_head);
    let first = jump_target(program, jump).unwrap_or(jump);
    let mut inside = (first..=jump).filter_map(|pc| program.lines.get(&pc));
    match inside.find(|line| !line.file.ends_with(".h") && reads_like_a_head(line)) {
        Some(line) if !is_head => place_at(diagnostic, line),
        _ => place(diagnostic, program, jump),
    }
}
