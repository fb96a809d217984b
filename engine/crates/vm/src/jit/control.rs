//! Whether the tests of containment would notice: code without masks has to break out, and be seen to.

use std::ffi::c_int;
use std::ops::AddAssign;

use super::{Code, Options};
use crate::additions::Extra;
use crate::arena::{BASE, PRIVATE};
use crate::helpers::{ChallengeBudget, Env};
use crate::memory::Memory;
use crate::packet::Flow;
use crate::program::{Insn, Program};
use crate::state::{StateConfig, Tables};

#[path = "../../tests/differential/support/mod.rs"]
#[allow(dead_code, reason = "the tests outside of the crate use the rest")]
pub mod support;

use support::generate::{self, Wildness};
use support::random::Random;

const UNMASKED: Options = Options { no_masks: true };
const PATTERN: u8 = 0xa5;
/// Batches of programs, each in a process of its own.
const BATCHES: u64 = 40;
const PROGRAMS: u64 = 12;
/// Seconds that a batch may take: thousands of times what it needs.
const PATIENCE: u32 = 20;

/// A program that is compiled, and its memory.
struct Ready {
    code: Code,
    memory: Memory,
}

impl Ready {
    fn new(program: &Program, options: Options) -> Self {
        let mut memory = Memory::new(program);
        memory.paint(PATTERN);
        memory.set_packet(&[1, 2, 3], 20);
        Self {
            code: Code::with_options(program, options).unwrap(),
            memory,
        }
    }

    /// Runs the program and says whether everything outside of the arena is as it was.
    fn is_contained(&mut self) -> bool {
        let mut env = Env {
            memory: &mut self.memory,
            tables: &mut Tables::new(StateConfig::default()),
            budget: &mut ChallengeBudget::default(),
            random: &mut || 4,
            flow: Flow {
                src: [127, 0, 0, 1].into(),
                src_port: 1,
                dst: [127, 0, 0, 1].into(),
                dst_port: 2,
            },
            now: 1,
            challenges: false,
            challenge_interval: 1,
            challenges_per_second: 1,
            print: false,
            challenge: &mut Vec::new(),
            tag: 0,
            printed: Vec::new(),
            extra: &mut Extra::default(),
        };
        let _ = self.code.run(&mut env, &mut 3_000);
        self.memory.is_intact(PATTERN)
    }
}

/// How batches ended.
#[derive(Debug, Default, PartialEq)]
struct Ends {
    contained: u64,
    /// A pattern beside the arena was changed.
    changed: u64,
    /// An access to memory that is not mapped, or not to be used in this way.
    crashed: u64,
    hung: u64,
}

impl AddAssign<c_int> for Ends {
    /// Counts the status of a process.
    fn add_assign(&mut self, status: c_int) {
        let signal = libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status));
        match signal {
            None => self.contained += 1,
            Some(libc::SIGABRT) => self.changed += 1,
            Some(libc::SIGALRM) => self.hung += 1,
            Some(_) => self.crashed += 1,
        }
    }
}

/// Runs `batch` in a copy of this process, which aborts where a program is not contained, and gives its status.
fn apart(mut batch: Vec<Ready>) -> c_int {
    // SAFETY: the copy does nothing but run the programs, which were made ready before, and end: it takes no lock that
    // another thread of this process might have held.
    unsafe {
        let child = libc::fork();
        assert!(child >= 0);
        if child == 0 {
            for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGABRT] {
                libc::signal(signal, libc::SIG_DFL);
            }
            let no_core = libc::rlimit {
                rlim_cur: 0,
                rlim_max: 0,
            };
            libc::setrlimit(libc::RLIMIT_CORE, &raw const no_core);
            libc::alarm(PATIENCE);
            if !batch.iter_mut().all(Ready::is_contained) {
                libc::abort();
            }
            libc::_exit(0);
        }
        let mut status = 0;
        assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
        status
    }
}

fn batches(options: Options) -> Ends {
    let mut ends = Ends::default();
    for batch in 0..BATCHES {
        let ready = |seed| {
            let program = generate::program(&Random::new(seed), Wildness(2));
            Ready::new(&program, options)
        };
        let first = batch * PROGRAMS;
        ends += apart((first..first + PROGRAMS).map(ready).collect());
    }
    ends
}

/// The wild programs of the differential test are wild enough: without masks every batch of them breaks its process, and
/// with masks none does.
#[test]
fn without_masks_every_batch_of_wild_programs_breaks_out() {
    let ends = batches(UNMASKED);
    println!("without masks: {ends:?}");
    assert_eq!(ends.crashed + ends.changed, BATCHES, "{ends:?}");
    let ends = batches(Options::default());
    println!("with masks: {ends:?}");
    assert_eq!(ends.contained, BATCHES, "{ends:?}");
}

/// A store to what the engine keeps beside the arena, through a pointer of which nothing is known ahead of time.
#[test]
fn without_masks_the_canary_trips() {
    let insn = |op, dst, src, off, imm| Insn {
        op,
        dst,
        src,
        off,
        imm,
    };
    let beside = (BASE as i64 + i64::from(PRIVATE) + 512) as i32;
    let program = Program {
        insns: vec![
            insn(0x85, 0, 0, 0, 2),
            insn(0x54, 0, 0, 0, 0),
            insn(0x07, 0, 0, 0, beside),
            insn(0xbf, 1, 0, 0, 0),
            insn(0x7a, 1, 0, 0, 7),
            insn(0x95, 0, 0, 0, 0),
        ],
        ..Program::default()
    };
    assert!(Ready::new(&program, Options::default()).is_contained());
    assert!(!Ready::new(&program, UNMASKED).is_contained());
}
