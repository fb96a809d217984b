//! Random programs: structurally valid, mostly well behaved, and never seen by a verifier.
//!
//! r6 holds the address of the packet, r7 that of the context, r8 counts rounds and r9 walks; the others are scratch.

use flowprotect_vm::program::{Insn, Program, Rodata};

use super::random::Random;

fn insn(op: u8, dst: u8, src: u8, off: i16, imm: i32) -> Insn {
    Insn {
        op,
        dst,
        src,
        off,
        imm,
    }
}

/// How often an instruction is one that no verifier would take: once in this many accesses. 0 is never.
#[derive(Clone, Copy)]
pub struct Wildness(pub usize);

struct Generator<'a> {
    random: &'a Random,
    wildness: Wildness,
    code: Vec<Insn>,
    /// Jumps to be directed: instruction and label.
    jumps: Vec<(usize, usize)>,
    /// Where each label is.
    labels: Vec<usize>,
    /// Calls to be directed: instruction and function.
    calls: Vec<(usize, usize)>,
    rodata: usize,
}

/// A program of up to about 300 instructions in up to four functions.
pub fn program(random: &Random, wildness: Wildness) -> Program {
    let sizes: Vec<usize> = (0..random.below(3))
        .map(|_| 1 + random.below(300))
        .collect();
    let rodata: Vec<Rodata> = sizes
        .iter()
        .enumerate()
        .map(|(index, size)| Rodata {
            name: format!(".rodata.{index}"),
            bytes: (0..*size).map(|_| random.byte()).collect(),
        })
        .collect();
    let functions = 1 + random.below(4);
    let mut generator = Generator {
        random,
        wildness,
        code: Vec::new(),
        jumps: Vec::new(),
        labels: Vec::new(),
        calls: Vec::new(),
        rodata: rodata.len(),
    };
    let mut starts = Vec::new();
    for function in 0..functions {
        starts.push(generator.code.len());
        generator.function(function, functions);
    }
    for (at, function) in std::mem::take(&mut generator.calls) {
        generator.code[at].imm = (starts[function] as i64 - at as i64 - 1) as i32;
    }
    Program {
        insns: generator.code,
        rodata,
        ..Program::default()
    }
}

impl Generator<'_> {
    fn put(&mut self, insn: Insn) {
        self.code.push(insn);
    }

    fn scratch(&mut self) -> u8 {
        self.random.below(6) as u8
    }

    fn any(&mut self) -> u8 {
        self.random.below(11) as u8
    }

    fn function(&mut self, number: usize, functions: usize) {
        if number == 0 {
            self.put(insn(0xbf, 7, 1, 0, 0));
            self.put(insn(0x79, 6, 7, 0, 0));
        } else {
            self.put(insn(0xbf, 6, 1, 0, 0));
            self.put(insn(0xbf, 7, 2, 0, 0));
        }
        self.put(insn(0xbf, 9, 6, 0, 0));
        let sections = 2 + self.random.below(6);
        let first = self.labels.len();
        self.labels.resize(first + sections, 0);
        for section in 0..sections {
            self.labels[first + section] = self.code.len();
            for _ in 0..self.random.below(10) {
                self.statement(number, functions);
            }
            if self.random.one_in(3) {
                self.put(insn(0xb7, 8, 0, 0, self.random.below(6) as i32));
            }
            if self.random.one_in(3) {
                // A loop that ends, unless another one has r8 too.
                self.put(insn(0x07, 8, 0, 0, -1));
                self.jump((0x65, 8, 0, 0), first + self.random.below(section + 1));
            }
            if !self.random.one_in(3) {
                let to = first + section + 1;
                if to < first + sections {
                    let to = to + self.random.below(first + sections - to);
                    self.branch(to);
                }
            }
            if self.random.one_in(40) {
                let to = first + self.random.below(sections);
                self.branch(to);
            }
        }
        match self.random.below(3) {
            0 => self.put(insn(0xb7, 0, 0, 0, self.random.below(2) as i32)),
            1 => self.put(insn(0xb4, 0, 0, 0, self.random.number())),
            _ => {}
        }
        self.put(insn(0x95, 0, 0, 0, 0));
        for (at, label) in std::mem::take(&mut self.jumps) {
            let distance = self.labels[label] as i64 - at as i64 - 1;
            match self.code[at].op {
                0x06 => self.code[at].imm = distance as i32,
                _ => self.code[at].off = distance as i16,
            }
        }
    }

    fn jump(&mut self, (op, dst, src, imm): (u8, u8, u8, i32), label: usize) {
        self.jumps.push((self.code.len(), label));
        self.put(insn(op, dst, src, 0, imm));
    }

    fn branch(&mut self, label: usize) {
        let (a, b) = (self.any(), self.any());
        let class = 5 + self.random.below(2) as u8;
        let code = self.random.pick(&[
            0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0,
        ]);
        match self.random.below(8) {
            0 => self.jump((class, 0, 0, 0), label),
            1..=4 => {
                let number = self.random.number();
                self.jump((code | class, a, 0, number), label);
            }
            _ => self.jump((code | 8 | class, a, b, 0), label),
        }
    }

    fn statement(&mut self, function: usize, functions: usize) {
        match self.random.below(20) {
            0..=7 => self.arithmetic(),
            8..=14 => self.access(),
            15 => self.atomic(),
            16 | 17 => self.helper(),
            18 if function + 1 < functions => {
                // Functions only call later ones: there is no recursion, and four frames are enough.
                let to = function + 1 + self.random.below(functions - function - 1);
                self.put(insn(0xbf, 1, 6, 0, 0));
                self.put(insn(0xbf, 2, 7, 0, 0));
                self.calls.push((self.code.len(), to));
                self.put(insn(0x85, 0, 1, 0, 0));
            }
            _ => self.constant(),
        }
    }

    fn constant(&mut self) {
        let to = self.scratch();
        if self.random.one_in(2) {
            let (low, high) = (self.random.number(), self.random.number());
            self.put(insn(0x18, to, 0, 0, low));
            self.put(insn(0, 0, 0, 0, high));
        } else {
            let number = self.random.number();
            self.put(insn(self.random.pick(&[0xb7, 0xb4]), to, 0, 0, number));
        }
    }

    fn arithmetic(&mut self) {
        let to = self.scratch();
        let class = self.random.pick(&[4, 7]);
        let code = self.random.pick(&[
            0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80, 0x90, 0xa0, 0xb0, 0xc0, 0xd0,
        ]);
        let signed = self.random.below(2) as i16;
        let number = self.random.number();
        let source = self.any();
        match code {
            0x80 => self.put(insn(0x80 | class, to, 0, 0, 0)),
            0xd0 => {
                let op = self.random.pick(&[0xd4, 0xdc, 0xd7]);
                let width = self.random.pick(&[16, 32, 64]);
                self.put(insn(op, to, 0, 0, width));
            }
            0xb0 => {
                let widths: &[i16] = if class == 7 {
                    &[0, 8, 16, 32]
                } else {
                    &[0, 8, 16]
                };
                let width = self.random.pick(widths);
                self.put(insn(0xb8 | class, to, source, width, 0));
            }
            _ => {
                let off = if matches!(code, 0x30 | 0x90) {
                    signed
                } else {
                    0
                };
                match self.random.below(2) {
                    0 => self.put(insn(code | class, to, 0, off, number)),
                    _ => self.put(insn(code | 8 | class, to, source, off, 0)),
                }
            }
        }
    }

    /// Makes `to` an address with room for 8 bytes on both sides, and says whether it may be written to.
    fn pointer(&mut self, to: u8) -> bool {
        match self.random.below(8) {
            0 | 1 => {
                let offset = 8 + self.random.below(1500) as i32;
                self.put(insn(0xbf, to, 6, 0, 0));
                self.put(insn(0x07, to, 0, 0, offset));
            }
            2..=4 => {
                // A variable offset into the packet.
                let mask = self.random.pick(&[0x7f, 0x3ff, 0xff]);
                self.put(insn(self.random.pick(&[0x57, 0x54]), to, 0, 0, mask));
                self.put(insn(0x0f, to, 6, 0, 0));
                self.put(insn(0x07, to, 0, 0, 8));
            }
            5 => {
                let offset = 16 + self.random.below(500) as i32;
                self.put(insn(0xbf, to, 10, 0, 0));
                self.put(insn(0x07, to, 0, 0, -offset));
            }
            6 => {
                // Far from anything that is mapped, and back by the offset of the access or by register.
                self.put(insn(0xbf, to, 6, 0, 0));
                let far = self.random.pick(&[16_000, 16_384, 20_000, 32_000, 70_000]);
                self.put(insn(0x07, to, 0, 0, 100 - far));
                self.put(insn(0x07, to, 0, 0, far));
            }
            _ if self.rodata > 0 => {
                let section = self.random.below(self.rodata) as i32;
                self.put(insn(0x18, to, 2, 0, section));
                self.put(insn(0, 0, 0, 0, 8));
                return false;
            }
            _ => {
                self.put(insn(0xbf, to, 9, 0, 0));
                self.put(insn(0x07, 9, 0, 0, self.random.below(40) as i32));
                self.put(insn(0x07, to, 0, 0, 8));
            }
        }
        true
    }

    fn access(&mut self) {
        if self.wildness.0 > 0 && self.random.one_in(self.wildness.0) {
            return self.wild();
        }
        let value = self.scratch();
        let size = self.random.pick(&[0x00, 0x08, 0x10, 0x18]);
        let signed = self.random.one_in(3) && size != 0x18;
        let load = if signed { 0x81 | size } else { 0x61 | size };
        match self.random.below(6) {
            0 => {
                let field = self.random.below(3) as i16 * 8;
                self.put(insn(load, value, 7, field, 0));
            }
            1 => {
                let offset = self.random.below(1512) as i16;
                self.put(insn(load, value, 6, offset, 0));
            }
            2 => {
                let offset = -8 - self.random.below(600) as i16;
                match self.random.below(3) {
                    0 => self.put(insn(load, value, 10, offset, 0)),
                    1 => self.put(insn(0x63 | size, 10, value, offset, 0)),
                    _ => self.put(insn(0x62 | size, 10, 0, offset, value.into())),
                }
            }
            _ => {
                let pointer = self.scratch();
                let writable = self.pointer(pointer);
                for _ in 0..=self.random.below(3) {
                    let offset = self.random.below(8) as i16 - self.random.below(8) as i16;
                    let number = self.random.number();
                    match self.random.below(4) {
                        0 if writable => self.put(insn(0x63 | size, pointer, value, offset, 0)),
                        1 if writable => self.put(insn(0x62 | size, pointer, 0, offset, number)),
                        _ if value != pointer => {
                            self.put(insn(load, value, pointer, offset, 0));
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    /// An access through whatever is in a register.
    fn wild(&mut self) {
        let (pointer, value) = (self.any(), self.scratch());
        let size = self.random.pick(&[0x00, 0x08, 0x10, 0x18]);
        let offset = match self.random.below(2) {
            0 => self.random.next() as i16,
            _ => self.random.below(64) as i16,
        };
        match self.random.below(3) {
            0 => self.put(insn(0x61 | size, value, pointer, offset, 0)),
            1 => self.put(insn(0x63 | size, pointer, value, offset, 0)),
            _ => self.put(insn(0x62 | size, pointer, 0, offset, 0x5a5a_5a5a)),
        }
    }

    fn atomic(&mut self) {
        let op = self.random.pick(&[0xc3, 0xdb]);
        let operation = self
            .random
            .pick(&[0x00, 0x01, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe1, 0xf1]);
        let value = self.scratch();
        let offset = -8 - self.random.below(64) as i16;
        self.put(insn(op, 10, value, offset, operation));
    }

    fn helper(&mut self) {
        // The portable interface's, and those of FlowProtect alone.
        let id = match self.random.below(34) as i32 {
            id @ 0..20 => id + 1,
            id => id + 44,
        };
        let wild = self.wildness.0 > 0 && self.random.one_in(self.wildness.0);
        let pointer = |this: &mut Self, register: u8| match this.random.below(8) {
            0 => this.put(insn(0xb7, register, 0, 0, 0)),
            1..=5 => {
                this.put(insn(0xbf, register, 10, 0, 0));
                this.put(insn(
                    0x07,
                    register,
                    0,
                    0,
                    -64 * (1 + this.random.below(4) as i32),
                ));
            }
            6 if wild => {}
            _ => {
                this.put(insn(0xbf, register, 6, 0, 0));
                this.put(insn(0x07, register, 0, 0, this.random.below(1400) as i32));
            }
        };
        match id {
            4..=9 | 19 | 20 | 11 | 10 | 13 | 15 | 17 | 65 | 71 | 73 | 76 | 77 => {
                pointer(self, 1);
                pointer(self, 3);
                let room = self.random.pick(&[0, 1, 7, 8, 16, 32, 64]);
                self.put(insn(0xb7, 2, 0, 0, room));
                let room = self.random.pick(&[4, 8, 16, 32, 63, 64]);
                self.put(insn(0xb7, 4, 0, 0, room));
            }
            68..=70 | 75 => {
                for register in 1..=4 {
                    let number = self.random.pick(&[0, 1, 2, 5, -1]);
                    self.put(insn(0xb7, register, 0, 0, number));
                }
            }
            _ => {}
        }
        self.put(insn(0x85, 0, 0, 0, id));
    }
}
