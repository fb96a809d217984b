//! Prevail has no limit of its own: this wrapper counts its steps and unwinds when it is to stop.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use prevail::cfg::{graph::Cfg, label::Label};
use prevail::fwd_analyzer;
use prevail::ir::program::Program;
use prevail::ir::syntax::{Assertion, Instruction, Undefined};

/// The payload of the unwinding: why.
pub struct Stopped(pub &'static str);

/// A program whose analysis is counted.
pub struct Watched<'a> {
    program: &'a Program,
    /// Whether the analysis sees the program's loop counters.
    counters: bool,
    /// What stands for a loop counter where loops are not counted: Prevail does nothing for it.
    nothing: Instruction,
    stop: &'a dyn Fn() -> bool,
    max_steps: u64,
    steps: Cell<u64>,
    visits: RefCell<BTreeMap<i32, u64>>,
}

impl<'a> Watched<'a> {
    pub fn new(
        program: &'a Program,
        counters: bool,
        max_steps: u64,
        stop: &'a dyn Fn() -> bool,
    ) -> Self {
        Self {
            program,
            counters,
            nothing: Instruction::Undefined(Undefined { opcode: 0 }),
            stop,
            max_steps,
            steps: Cell::new(0),
            visits: RefCell::default(),
        }
    }

    /// How many instructions were looked at so far.
    pub fn steps(&self) -> u64 {
        self.steps.get()
    }

    fn hides(&self, label: &Label) -> bool {
        !self.counters
            && matches!(
                self.program.instruction_at(label),
                Instruction::IncrementLoopCounter(_)
            )
    }

    /// The instruction that was visited most.
    pub fn hottest(&self) -> i32 {
        let visits = self.visits.borrow();
        visits
            .iter()
            .max_by_key(|(_, count)| **count)
            .map_or(0, |(pc, _)| *pc)
    }
}

impl fwd_analyzer::Program for Watched<'_> {
    fn cfg(&self) -> &Cfg {
        self.program.cfg()
    }

    fn instruction_at(&self, label: &Label) -> &Instruction {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        *self.visits.borrow_mut().entry(label.from).or_default() += 1;
        // resume_unwind, not panic: no message of the panic hook belongs on the standard error of a library.
        if steps > self.max_steps {
            std::panic::resume_unwind(Box::new(Stopped("the step limit was reached")));
        }
        if steps.is_multiple_of(16) && (self.stop)() {
            std::panic::resume_unwind(Box::new(Stopped("the time limit was reached")));
        }
        if self.hides(label) {
            return &self.nothing;
        }
        self.program.instruction_at(label)
    }

    fn assertions_at(&self, label: &Label) -> &[Assertion] {
        if self.hides(label) {
            return &[];
        }
        self.program.assertions_at(label)
    }
}
