//! What a run did, line by line of the C program: for people who want to know why a packet was dropped.

use serde::{Serialize, Serializer};

use crate::helpers;
use crate::memory::{FRAME_BYTES, PACKET_ADDRESS, PACKET_BYTES, frame_pointer};
use crate::program::{Insn, Program};
use crate::source::line_of;

/// Entries that a trace keeps.
pub const MAX_LINES: usize = 10_000;

/// An instruction that was run.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    pub pc: usize,
    pub insn: Insn,
    /// Registers before it and after it.
    pub before: &'a [u64; 11],
    pub after: &'a [u64; 11],
    /// What is left after it.
    pub fuel: u64,
}

/// Sees each instruction that the interpreter runs.
pub trait Observer {
    /// Whether there is anything to see: the interpreter keeps no registers for those who do not look.
    const LOOKS: bool = true;

    fn step(&mut self, step: Step<'_>);
}

/// Nobody.
impl Observer for () {
    const LOOKS: bool = false;

    fn step(&mut self, _: Step<'_>) {}
}

/// Bytes of the packet that a line read, from `offset` of the IP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PacketRead {
    pub offset: usize,
    pub length: usize,
    /// What the program got: little-endian, extended by its sign where the program said so.
    #[serde(serialize_with = "hexadecimal")]
    pub value: u64,
}

/// A helper that a line called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct HelperCall {
    pub name: &'static str,
    pub result: i64,
}

/// A register that a line changed, with its value behind the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub register: u8,
    #[serde(serialize_with = "hexadecimal")]
    pub value: u64,
}

/// As text: not every reader of JSON keeps all digits of a 64-bit number.
fn hexadecimal<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{value:#x}"))
}

/// Instructions in a row that belong to one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The first of them.
    pub pc: usize,
    pub instructions: usize,
    /// How many of the program's functions are around it: 0 in `cf_ebpf_main`.
    pub depth: usize,
    /// Its number in the author's source, whose text objects do not hold. None without line information.
    pub line: Option<u32>,
    pub registers: Vec<Change>,
    pub reads: Vec<PacketRead>,
    pub calls: Vec<HelperCall>,
    /// What is left behind the line.
    pub fuel: u64,
}

/// A recorded run.
pub struct Trace<'a> {
    program: &'a Program,
    lines: Vec<Line>,
    /// Instructions behind the last line.
    omitted: u64,
}

/// What is left of a [`Trace`] when the run is over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traced {
    pub lines: Vec<Line>,
    /// Whether the run went on behind the last of them, and by how many instructions.
    pub truncated: bool,
    pub omitted: u64,
}

impl<'a> Trace<'a> {
    #[must_use]
    pub fn new(program: &'a Program) -> Self {
        Self {
            program,
            lines: Vec::new(),
            omitted: 0,
        }
    }

    /// The lines of the run.
    #[must_use]
    pub fn finish(self) -> Traced {
        Traced {
            lines: self.lines,
            truncated: self.omitted > 0,
            omitted: self.omitted,
        }
    }

    /// The entry for an instruction: the last one where it goes on, or a new one. None where there is no room.
    fn entry(&mut self, pc: usize, depth: usize) -> Option<&mut Line> {
        if self.omitted > 0 {
            return None;
        }
        let number = line_of(self.program, pc).map(|place| place.line);
        let goes_on = self.lines.last().is_some_and(|last| {
            last.line == number && number.is_some() && last.depth == depth && last.pc < pc
        });
        if !goes_on {
            if self.lines.len() >= MAX_LINES {
                return None;
            }
            self.lines.push(Line {
                pc,
                instructions: 0,
                depth,
                line: number,
                registers: Vec::new(),
                reads: Vec::new(),
                calls: Vec::new(),
                fuel: 0,
            });
        }
        self.lines.last_mut()
    }
}

impl Observer for Trace<'_> {
    fn step(&mut self, step: Step<'_>) {
        let depth = (frame_pointer(0) - step.before[10]) as usize / FRAME_BYTES;
        let Some(line) = self.entry(step.pc, depth) else {
            self.omitted += 1;
            return;
        };
        line.instructions += 1;
        line.fuel = step.fuel;
        line.reads.extend(packet_read(&step));
        if is_helper_call(step.insn)
            && let Some(name) = helpers::name(step.insn.imm)
        {
            let result = step.after[0].cast_signed();
            line.calls.push(HelperCall { name, result });
        }
        for (register, value) in step.after.iter().enumerate() {
            if *value == step.before[register] || !is_result(step.insn, register) {
                continue;
            }
            let register = register as u8;
            match line
                .registers
                .iter_mut()
                .find(|change| change.register == register)
            {
                Some(change) => change.value = *value,
                None => line.registers.push(Change {
                    register,
                    value: *value,
                }),
            }
        }
    }
}

fn is_helper_call(insn: Insn) -> bool {
    insn.op == 0x85 && insn.src == 0
}

/// Whether a change of `register` is what the author's code did, and not how functions are entered and left.
fn is_result(insn: Insn, register: usize) -> bool {
    match insn.op {
        0x85 => is_helper_call(insn) && register == 0,
        0x95 => false,
        _ => true,
    }
}

/// The bytes of the IP packet that a load read, if it did.
fn packet_read(step: &Step<'_>) -> Option<PacketRead> {
    let length = match (step.insn.op & 7, step.insn.op & 0x18) {
        (1, 0x00) => 4,
        (1, 0x08) => 2,
        (1, 0x10) => 1,
        (1, _) => 8,
        _ => return None,
    };
    let buffer = PACKET_ADDRESS + crate::memory::BUFFER as u64;
    let offset = step.before[usize::from(step.insn.src)]
        .wrapping_add(i64::from(step.insn.off).cast_unsigned())
        .wrapping_sub(buffer);
    let offset = usize::try_from(offset).ok()?;
    (offset < PACKET_BYTES).then(|| PacketRead {
        offset,
        length,
        value: step.after[usize::from(step.insn.dst)],
    })
}
