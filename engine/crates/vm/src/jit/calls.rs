//! Calls of helpers and of other functions of the program.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{ExtFuncData, ExternalName, FuncRef, InstBuilder, UserExternalName};

use super::lower::{Key, Lower, Unsupported};
use super::runtime::{arity, helper};
use crate::graph::callee;
use crate::program::Insn;

impl Lower<'_, '_> {
    /// Translates a call.
    ///
    /// # Errors
    /// [`Unsupported`] where there is nothing to call.
    pub(super) fn call(&mut self, pc: usize, insn: Insn) -> Result<(), Unsupported> {
        let unsupported = |what| Unsupported { pc, what };
        let fuel = self.b.use_var(self.fuel);
        let call = match insn.src {
            0 => {
                let code = helper(insn.imm).ok_or(unsupported("an unknown helper"))?;
                let count = arity(insn.imm);
                let mut arguments = vec![self.base, fuel];
                arguments.extend((1..=count as u8).map(|register| self.get(pc, register)));
                let signature = self.b.import_signature(self.shared.signature(count));
                let code = self.b.ins().iconst(I64, code as usize as i64);
                self.b.ins().call_indirect(signature, code, &arguments)
            }
            1 => {
                let entry = callee(pc, insn).ok_or(unsupported("a call out of the program"))?;
                let on = self.block(pc);
                self.spend(self.shared.charges.entry(entry), on);
                self.b.seal_block(on);
                self.b.switch_to_block(on);
                let fuel = self.b.use_var(self.fuel);
                let mut arguments = vec![self.base, fuel];
                arguments.extend((1..=5).map(|register| self.get(pc, register)));
                let function = self.import((entry, self.depth + 1));
                self.b.ins().call(function, &arguments)
            }
            _ => return Err(unsupported("this kind of call")),
        };
        let (value, fuel) = match self.b.inst_results(call) {
            [value, fuel] => (*value, *fuel),
            _ => return Err(unsupported("a call without results")),
        };
        // Out of fuel or at fault: everything ends. A helper's fault is at this instruction; functions tell their own.
        let (ended, on) = (self.b.create_block(), self.block(pc));
        let fine = self
            .b
            .ins()
            .icmp_imm_s(IntCC::SignedGreaterThanOrEqual, fuel, 0);
        self.b.ins().brif(fine, on, &[], ended, &[]);
        self.b.seal_block(ended);
        self.b.seal_block(on);
        self.b.switch_to_block(ended);
        self.b.set_cold_block(ended);
        let place = match insn.src {
            0 => self.constant(pc as u64),
            _ => value,
        };
        self.b.ins().return_(&[place, fuel]);
        self.b.switch_to_block(on);
        self.b.def_var(self.fuel, fuel);
        self.set(0, value);
        let zero = self.constant(0);
        (1..=5).for_each(|register| self.set(register, zero));
        Ok(())
    }

    fn import(&mut self, key: Key) -> FuncRef {
        if let Some(function) = self.functions.get(&key) {
            return *function;
        }
        let signature = self.b.import_signature(self.shared.signature_of(key));
        let name = self.b.func.declare_imported_user_function(name(key));
        let function = self.b.import_function(ExtFuncData {
            name: ExternalName::user(name),
            signature,
            colocated: true,
            patchable: false,
        });
        self.functions.insert(key, function);
        self.called.push(key);
        function
    }
}

/// The name under which `key` is known to Cranelift.
pub fn name((entry, depth): Key) -> UserExternalName {
    UserExternalName::new(depth as u32, entry as u32)
}
