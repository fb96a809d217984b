//! What compiled code calls: the helpers, in the calling convention of C.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::additions::table;
use crate::arena::PRIVATE;
use crate::helpers::{self, Env};
use crate::memory::BadAccess;

/// Fuel in an answer that says "out of fuel".
pub const EXHAUSTED: i64 = -1;
/// Fuel in an answer that says "a fault": the other half is the instruction.
pub const FAULT: i64 = i64::MIN;

/// What compiled functions and helpers return: in two registers, by every calling convention that is used here.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    pub value: u64,
    /// What is left, or one of the two above.
    pub fuel: i64,
}

/// Why a helper ended the run.
pub enum Failure {
    Access(BadAccess),
    /// A bug of ours: the panic goes on in the caller of the compiled code.
    Panic(Box<dyn Any + Send>),
}

/// One run. Its address is in the private part of the arena while the run lasts.
pub struct Run<'a, 'env> {
    pub env: &'a mut Env<'env>,
    pub failure: Option<Failure>,
    /// What was left when the failure happened.
    pub left: i64,
}

/// The number of arguments that helper `id` looks at.
#[must_use]
pub fn arity(id: i32) -> usize {
    match id {
        // A format and up to three values.
        3 => 4,
        id => helpers::arguments(id).len(),
    }
}

type Helper = unsafe extern "C" fn(*mut u8, i64, u64, u64, u64, u64) -> Answer;

/// The code of helper `id`, which [`helpers::name`] must know.
#[must_use]
pub fn helper(id: i32) -> Option<Helper> {
    const HELPERS: [Helper; 20] = [
        call::<1>, call::<2>, call::<3>, call::<4>, call::<5>, call::<6>, call::<7>, call::<8>,
        call::<9>, call::<10>, call::<11>, call::<12>, call::<13>, call::<14>, call::<15>,
        call::<16>, call::<17>, call::<18>, call::<19>, call::<20>,
    ];
    const ADDITIONS: [Helper; 14] = [
        call::<64>, call::<65>, call::<66>, call::<67>, call::<68>, call::<69>, call::<70>,
        call::<71>, call::<72>, call::<73>, call::<74>, call::<75>, call::<76>, call::<77>,
    ];
    const _: () = assert!(ADDITIONS.len() == table::ADDITIONS.len());
    if let Some(addition) = id.checked_sub(table::FIRST).filter(|at| *at >= 0) {
        return ADDITIONS.get(usize::try_from(addition).ok()?).copied();
    }
    HELPERS
        .get(usize::try_from(id).ok()?.checked_sub(1)?)
        .copied()
}

/// Runs helper `ID` for the program in the arena at `base`.
///
/// # Safety
/// `base` is the start of an arena whose private part holds the address of the [`Run`] that is going on, and nothing
/// else uses what that refers to.
unsafe extern "C" fn call<const ID: i32>(
    base: *mut u8,
    fuel: i64,
    a: u64,
    b: u64,
    c: u64,
    d: u64,
) -> Answer {
    // SAFETY: the caller's promise; the lifetimes are those of a borrow that ends with this call.
    let run = unsafe { &mut **base.offset(PRIVATE as isize).cast::<*mut Run<'_, '_>>() };
    let arguments = [a, b, c, d, 0];
    let left = fuel - helpers::cost(ID, arguments).cast_signed();
    if left < 0 {
        return Answer {
            value: 0,
            fuel: EXHAUSTED,
        };
    }
    let failure = match catch_unwind(AssertUnwindSafe(|| helpers::call(run.env, ID, arguments))) {
        Ok(Ok(value)) => {
            return Answer {
                value: value.cast_unsigned(),
                fuel: left,
            };
        }
        Ok(Err(access)) => Failure::Access(access),
        Err(panic) => Failure::Panic(panic),
    };
    run.failure = Some(failure);
    run.left = left;
    Answer {
        value: 0,
        fuel: FAULT,
    }
}
